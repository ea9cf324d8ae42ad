"use strict";
(() => {
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
  const words = document.body.dataset;
  const table = one("table.list");
  if (!table) return;
  const items = all("tbody", table);
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });
  const folded = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/g, "d").replace(/Đ/g, "D").toLowerCase();
  const texts = new Map(items.map((item) => [item, folded(one(".row", item).textContent + " " + one("dl.declared", item).textContent)]));
  let unsaved = false;

  const status = () => {
    const shown = items.filter((item) => !item.hidden).length;
    const entered = all("select.outcome").filter((box) => box.value).length;
    one("#status").textContent = `${shown} / ${items.length} ${words.shown} · ${entered} ${words.entered}`;
  };

  const filter = () => {
    const wanted = folded(one("#search").value).split(/\s+/).filter(Boolean);
    const band = one("#band").value;
    const chosen = one("#chosen").value;
    const list = one("#list") ? one("#list").value : "";
    for (const item of items) {
      const text = texts.get(item);
      item.hidden = !(wanted.every((word) => text.includes(word))
        && (!band || item.dataset.bands.split(" ").includes(band))
        && (!chosen || item.dataset.selected === chosen)
        && (!list || item.dataset.list === list));
    }
    status();
  };

  const open = (item, yes) => {
    const button = one("button.toggle", item);
    button.setAttribute("aria-expanded", String(yes));
    one(".detail", item).hidden = !yes;
    item.classList.toggle("open", yes);
  };

  const sort = (header) => {
    const down = header.getAttribute("aria-sort") === "ascending" || (!header.hasAttribute("aria-sort") && header.dataset.first === "descending");
    all("th[aria-sort]", table).forEach((other) => other.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    const place = Number(header.dataset.place);
    const key = (item) => one(".row", item).children[place].dataset.key;
    const numeric = header.dataset.kind === "number";
    const compare = numeric ? (a, b) => Number(key(a)) - Number(key(b)) : (a, b) => collator.compare(key(a), key(b));
    [...items].sort((a, b) => (down ? -1 : 1) * compare(a, b)).forEach((item) => table.append(item));
  };

  const cell = (text) => {
    const safe = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(text) ? "'" + text : text;
    return /[",\r\n]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
  };

  const exported = () => {
    const lines = [["shipment_id", "outcome"]];
    for (const box of all("select.outcome")) if (box.value) lines.push([box.dataset.shipment, box.value]);
    return "\ufeff" + lines.map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n";
  };

  const save = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([exported()], { type: "text/csv;charset=utf-8" }));
    link.download = words.file;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    unsaved = false;
  };

  const copy = async (button) => {
    const box = one("textarea", button.closest(".paste"));
    try {
      await navigator.clipboard.writeText(box.value);
    } catch {
      box.select();
      document.execCommand("copy");
    }
    const label = button.firstChild;
    const before = label.data;
    label.data = words.copied;
    setTimeout(() => { label.data = before; }, 2000);
  };

  const printOne = (item) => {
    document.body.classList.add("one");
    item.classList.add("only");
    window.print();
    item.classList.remove("only");
    document.body.classList.remove("one");
  };

  all("th[data-place] button", table).forEach((button) => button.addEventListener("click", () => sort(button.closest("th"))));
  items.forEach((item) => one("button.toggle", item).addEventListener("click", () => open(item, one(".detail", item).hidden)));
  all("select.outcome").forEach((box) => box.addEventListener("change", () => { unsaved = true; status(); }));
  one("#search").addEventListener("input", filter);
  one("#band").addEventListener("change", filter);
  one("#chosen").addEventListener("change", filter);
  if (one("#list")) one("#list").addEventListener("change", filter);
  all("button.copy").forEach((button) => button.addEventListener("click", () => copy(button)));
  all("button.sheet-one").forEach((button) => button.addEventListener("click", () => printOne(button.closest("tbody"))));
  one("#export").addEventListener("click", save);
  one("#print").addEventListener("click", () => window.print());
  one("#expand").addEventListener("click", () => {
    const shown = items.filter((item) => !item.hidden);
    const yes = shown.some((item) => one(".detail", item).hidden);
    shown.forEach((item) => open(item, yes));
    one("#expand").textContent = yes ? words.collapse : words.expand;
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved) { event.preventDefault(); event.returnValue = words.unsaved; }
  });
  all(".scripted").forEach((part) => { part.hidden = false; });
  items.forEach((item) => open(item, false));
  status();
})();
