// Shows what changed in the services at once; without this file the console shows it when it is opened again.
"use strict";
const live = document.getElementById("live");
if (live && "EventSource" in window) {
  const source = new EventSource("/console/changes");
  const written = (field) => field.value !== field.defaultValue || field === document.activeElement;
  const open = (field) => !field.closest("details:not([open])");
  const busy = () =>
    live.querySelector("details.act[open]") !== null ||
    [...live.querySelectorAll("input, textarea")].some((field) => open(field) && written(field));
  let missed = false;
  const show = async () => {
    missed = busy(); // nobody loses an order that they are writing
    if (missed) return;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
    missed = busy();
    if (fresh && !missed) live.replaceChildren(...fresh.childNodes);
  };
  live.addEventListener("toggle", () => missed && show(), true); // which does not bubble
  let first = true;
  source.addEventListener("changed", () => {
    if (first) first = false;
    else show();
  });
  window.addEventListener("pagehide", () => source.close());
}
