// A form is sent once. A second click while the first is under way would post with a session that switching company
// has just replaced, and end on the login page. Without script nothing else is lost.
"use strict";
const WAIT = 10000;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, WAIT);
});

// Back from the next page: it may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
