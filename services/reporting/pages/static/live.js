// Tells a reader who looks at now that there is something newer; without this file a page shows the same.
"use strict";
const address = document.body.dataset.stream;
const news = document.getElementById("news");
if (address && news && "EventSource" in window) {
  const source = new EventSource(address);
  source.addEventListener("applied", () => {
    news.hidden = false;
    source.close();
  });
  window.addEventListener("pagehide", () => source.close());
}
