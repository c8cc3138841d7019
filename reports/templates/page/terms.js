// A marked term shows its entry of the glossary beside it; without this script it is a link to the entry.
const note = document.getElementById("term-note");
const marked = (event) => event.target.closest?.("a.term");
let asked = null;
let place = 0;
const forget = () => {
  asked?.setAttribute("aria-expanded", "false");
  asked = null;
};
const tell = (link) => {
  const entry = document.getElementById("term-" + link.dataset.term);
  const title = document.createElement("strong");
  title.textContent = entry.querySelector("dt").textContent;
  const more = document.createElement("a");
  more.href = link.getAttribute("href");
  more.textContent = words.glossary;
  more.addEventListener("click", () => note.hidePopover());
  note.replaceChildren(title, ...[...entry.querySelector("dd").children].map((part) => part.cloneNode(true)), more);
  // What is told stands behind the term, for those who hear the page.
  link.after(note);
  note.showPopover();
  const at = link.getBoundingClientRect();
  const size = note.getBoundingClientRect();
  note.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
  const below = at.bottom + 6 + size.height < innerHeight || at.top < size.height + 14;
  note.style.top = `${below ? at.bottom + 6 : at.top - size.height - 6}px`;
  link.setAttribute("aria-expanded", "true");
  asked = link;
  place = at.top;
};
if (note && "popover" in HTMLElement.prototype) {
  for (const link of document.querySelectorAll("a.term")) link.setAttribute("aria-expanded", "false");
  addEventListener("click", (event) => {
    const link = marked(event);
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || !document.getElementById("term-" + link.dataset.term))
      return;
    event.preventDefault();
    const same = link === asked;
    if (note.matches(":popover-open")) note.hidePopover();
    if (!same) tell(link);
  });
  note.addEventListener("beforetoggle", (event) => {
    if (event.newState === "closed") forget();
  });
  // It belongs to a place in the page, and goes with it. The scrolling that brought the term here is told of late.
  const moved = () => asked && Math.abs(asked.getBoundingClientRect().top - place) > 4;
  addEventListener("scroll", () => moved() && note.hidePopover(), { passive: true });
}
