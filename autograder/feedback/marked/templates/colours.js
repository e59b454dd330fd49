"use strict";
// A button for dark or light colours. Until it is pressed they are the system's; where pages may keep something, all
// pages of the report follow it.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const system = () => dark.matches ? "dark" : "light";
  const kept = () => { try { return localStorage.getItem("report-colours"); } catch { return null; } };
  const keep = colours => { try { localStorage.setItem("report-colours", colours); } catch { /* only this page */ } };
  const show = colours => {
    if (colours === "dark" || colours === "light") root.dataset.colours = colours;
  };
  show(kept());
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.createElement("button");
    button.type = "button";
    const name = () => {
      button.textContent = (root.dataset.colours || system()) === "dark" ? "Light colours" : "Dark colours";
    };
    button.addEventListener("click", () => {
      const other = (root.dataset.colours || system()) === "dark" ? "light" : "dark";
      show(other);
      keep(other);
      name();
    });
    dark.addEventListener("change", name);
    name();
    document.querySelector(".tools").append(button);
  });
})();
