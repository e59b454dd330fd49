"use strict";
// A click on a column's head sorts the table by it, names from A and numbers from the lowest, and the next click the
// other way round. Without scripts the table is sorted by name.
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    if (head.dataset.sort === "no") return;
    const text = row => row.cells[column].textContent.trim();
    const value = row => row.cells[column].dataset.value;
    const compare = column === 0
      ? (a, b) => text(a).localeCompare(text(b), undefined, {numeric: true})
      : (a, b) => value(a) - value(b);
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    head.addEventListener("click", () => {
      const now = head.getAttribute("aria-sort");
      const upwards = now !== "ascending";
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", upwards ? "ascending" : "descending");
      body.append(...[...body.rows].sort((a, b) => (upwards ? 1 : -1) * compare(a, b)));
    });
  });
}
