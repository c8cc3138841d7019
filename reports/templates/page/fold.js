// Folds every part to its title. A folded part is found by the browser's search (`hidden="until-found"`), opens by its
// button, by a link to anything in it, and for print.
const folds = [];
const foldOf = new Map();

const setOpen = (fold, open) => {
  fold.button.setAttribute("aria-expanded", String(open));
  if (open) fold.body.removeAttribute("hidden");
  else fold.body.setAttribute("hidden", "until-found");
  fold.part.classList.toggle("open", open);
};
const isOpen = (fold) => !fold.body.hasAttribute("hidden");

// Opens everything around an element, so that it can be seen.
const reveal = (element) => {
  for (let part = element; part; part = part.parentElement) {
    if (foldOf.has(part)) setOpen(foldOf.get(part), true);
    if (part.localName === "details") part.open = true;
  }
};

for (const part of document.querySelectorAll(".fold")) {
  const [head, body] = part.children;
  const title = head.querySelector(".fold-title");
  const button = document.createElement("button");
  button.type = "button";
  button.append(...title.childNodes);
  title.append(button);
  body.id = `fold-${folds.length + 1}`;
  button.setAttribute("aria-controls", body.id);
  const fold = { part, body, button };
  folds.push(fold);
  foldOf.set(part, fold);
  setOpen(fold, "open" in part.dataset);
  // The line beneath the title is a target too; a marked text is not a click.
  head.addEventListener("click", (event) => {
    if (event.target.closest("a") || String(getSelection())) return;
    setOpen(fold, !isOpen(fold));
  });
  body.addEventListener("beforematch", () => reveal(body));
}

const controls = document.getElementById("fold-controls");
if (controls) {
  controls.hidden = false;
  controls.addEventListener("click", (event) => {
    const wanted = event.target.closest("button")?.dataset.fold;
    if (wanted) for (const fold of folds) setOpen(fold, wanted === "open");
  });
}

// Everything is open on paper; what was folded is folded again.
const closed = [];
addEventListener("beforeprint", () => {
  for (const fold of folds) if (!isOpen(fold)) closed.push(() => setOpen(fold, false)), setOpen(fold, true);
  for (const part of document.querySelectorAll("details:not([open])"))
    closed.push(() => (part.open = false)), (part.open = true);
});
addEventListener("afterprint", () => {
  while (closed.length) closed.pop()();
});
