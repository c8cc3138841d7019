// Long lists: the first items stand in the page, the rest lies in data islands as trees of elements and texts. Text is put
// in as text and never read as markup.
const words = JSON.parse(document.getElementById("words").textContent);
const word = (code, params) =>
  words[code].replace(/\{(\w+)\}/g, (all, name) => params[name].toLocaleString(document.documentElement.lang));

const SVG = new Set(["svg", "path", "g", "circle", "rect", "line"]);
const safe = (name, value) =>
  !name.startsWith("on") &&
  (name !== "href" || value.startsWith("#")) &&
  (name !== "src" || value.startsWith("data:image/"));
const make = (node) => {
  if (typeof node === "string") return document.createTextNode(node);
  const [tag, attributes, ...parts] = node;
  if (["script", "style", "iframe", "object", "embed", "link", "base", "form"].includes(tag)) throw new Error(tag);
  const element = SVG.has(tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (safe(name, value)) element.setAttribute(name, value);
  element.append(...parts.map(make));
  return element;
};
const wordsOf = (node) => (typeof node === "string" ? node : node.slice(2).map(wordsOf).join(""));

// A list: its items as elements, or as trees that become elements when they are shown first.
const lists = new Map();
const FIRST = 10;
for (const place of document.querySelectorAll(".list")) {
  const first = [...place.children];
  const list = { place, items: first.map((element) => ({ element })), limit: FIRST, wanted: () => true };
  list.island = [...document.querySelectorAll("script.island")].find((one) => one.dataset.list === place.id);
  list.load = () =>
    (list.loaded ??= (async () => {
      if (!list.island) return;
      for (const tree of JSON.parse(await inflate(list.island.textContent))) list.items.push({ tree });
    })());
  list.attribute = (item, name) => (item.element ? item.element.getAttribute(name) : item.tree[1][name]) ?? "";
  list.words = (item) => (item.words ??= (item.element?.textContent ?? wordsOf(item.tree)).toLowerCase());
  list.element = (item) => (item.element ??= make(item.tree));
  list.show = () => {
    const found = list.items.filter(list.wanted);
    place.replaceChildren(...found.slice(0, list.limit).map(list.element));
    list.more?.(found.length);
    return found.length;
  };
  lists.set(place.id, list);
  const line = document.querySelector(`[data-more="${place.id}"]`);
  if (!line) continue;
  const button = document.createElement("button");
  button.type = "button";
  const all = Number(place.dataset.n);
  list.more = (n) => {
    button.hidden = n <= FIRST;
    button.textContent = list.limit > FIRST ? word("fewer", { first: FIRST }) : word("all", { n });
  };
  button.addEventListener("click", async () => {
    await list.load();
    list.limit = list.limit > FIRST ? FIRST : Infinity;
    list.show();
    if (list.limit === FIRST) place.scrollIntoView({ block: "nearest" });
  });
  line.append(" ", button);
  list.more(all);
}

// Finds an element by its name, in the page or in what lies in the islands.
const find = async (name) => {
  const here = document.getElementById(name);
  if (here || !name) return here;
  for (const list of lists.values()) {
    await list.load();
    const item = list.items.find((one) => list.attribute(one, "id") === name);
    if (!item) continue;
    list.reset?.();
    list.limit = Infinity;
    list.show();
    return list.element(item);
  }
  return null;
};
const go = async () => {
  const name = decodeURIComponent(location.hash.slice(1));
  const target = await find(name);
  if (!target || target.id !== name) return;
  reveal(target);
  if (foldOf.has(target)) setOpen(foldOf.get(target), true);
  target.scrollIntoView();
};

// Long tables are cut below their tenth row: what is below is in the page, so that a search finds it, and opens then.
const cut = (scroll) => {
  const rows = [...scroll.querySelectorAll("tbody tr")];
  if (rows.length <= FIRST || scroll.querySelector(".confusion")) return;
  const button = document.createElement("button");
  button.type = "button";
  const line = document.createElement("p");
  line.className = "more";
  line.append(button);
  scroll.after(line);
  const links = rows.slice(FIRST).flatMap((row) => [...row.querySelectorAll("a")]);
  let open = false;
  const fit = () => {
    const height = rows[FIRST].getBoundingClientRect().top - scroll.getBoundingClientRect().top + scroll.scrollTop;
    scroll.classList.toggle("cut", !open);
    scroll.style.maxHeight = open || height <= 0 ? "" : `${height}px`;
    button.textContent = open ? word("fewer", { first: FIRST }) : word("all", { n: rows.length });
    button.setAttribute("aria-expanded", String(open));
    // Nobody is led to what cannot be seen.
    for (const link of links) {
      if (open) link.removeAttribute("tabindex");
      else link.tabIndex = -1;
    }
  };
  const turn = (to) => {
    open = to;
    fit();
    scroll.scrollTop = 0;
  };
  button.addEventListener("click", () => turn(!open));
  // A search, a link or the keyboard moved to what is below.
  scroll.addEventListener("scroll", () => {
    if (!open && scroll.scrollTop > 0) turn(true);
  });
  new ResizeObserver(fit).observe(scroll.querySelector("table"));
};
document.querySelectorAll(".scroll").forEach(cut);

// The filter of flagged decisions searches all of them.
const filter = document.getElementById("flag-filter");
const flagged = lists.get("flag-list");
if (filter && flagged) {
  const fields = ["code", "severity", "search"].map((name) => filter.querySelector(`[name=${name}]`));
  const [code, severity, search] = fields;
  const all = Number(flagged.place.dataset.n);
  const apply = () => {
    const sought = search.value.trim().toLowerCase();
    flagged.wanted = (item) =>
      (!code.value || flagged.attribute(item, "data-codes").split(" ").includes(code.value)) &&
      (!severity.value || flagged.attribute(item, "data-severity") === severity.value) &&
      (!sought || flagged.words(item).includes(sought));
    const n = flagged.show();
    filter.querySelector("output").textContent = word("shown", { shown: Math.min(n, flagged.limit), found: n, n: all });
  };
  // A link to a decision that the filter hides shows it again.
  flagged.reset = () => {
    for (const field of fields) field.value = "";
    flagged.wanted = () => true;
  };
  filter.hidden = false;
  filter.addEventListener("input", async () => {
    await flagged.load();
    apply();
  });
}
