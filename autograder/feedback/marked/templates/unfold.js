"use strict";
// A button opens and closes all tasks; what is printed is open.
(() => {
  const tasks = [...document.querySelectorAll("details.task")];
  if (!tasks.length) return;
  const button = document.createElement("button");
  button.type = "button";
  const allOpen = () => tasks.every(task => task.open);
  const name = () => { button.textContent = allOpen() ? "Close all tasks" : "Open all tasks"; };
  button.addEventListener("click", () => {
    const open = !allOpen();
    for (const task of tasks) task.open = open;
    name();
  });
  for (const task of tasks) task.addEventListener("toggle", name);
  name();
  document.querySelector(".tools").prepend(button);
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of closed) one.open = false; });
})();
