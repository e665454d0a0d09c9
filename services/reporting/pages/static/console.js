// Shows what changed in the services at once; without this file the console shows it when it is opened again.
"use strict";
const live = document.getElementById("live");
if (live && "EventSource" in window) {
  const source = new EventSource("/console/changes");
  const busy = () => live.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
  const show = async () => {
    if (busy()) return; // nobody loses what they are writing
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
    if (fresh && !busy()) live.replaceChildren(...fresh.childNodes);
  };
  let first = true;
  source.addEventListener("changed", () => {
    if (first) first = false;
    else show();
  });
  window.addEventListener("pagehide", () => source.close());
}
