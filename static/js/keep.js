// A step is kept while one types: the same POST as its buttons make, answered by the same page. What the page says about
// the step then – when it was kept, what is known of a chosen person – takes the place of what it said before. A page
// that is older than what is kept writes nothing over it by itself: that takes a button.
"use strict";
const PAUSE = 1500;
// What a browser still sends of a page that is being left.
const MOST_WHEN_LEFT = 60_000;

for (const form of document.querySelectorAll("form[data-keep]")) {
  const kept = form.querySelector("#kept");
  const seal = form.elements._seal.value;
  let last = Promise.resolve();
  let pause;
  let refused = false;

  // A server does several things at once: what left first may arrive last, and must not win.
  const number = () => (form.elements._nth.value = (parseInt(form.elements._nth.value, 10) || 0) + 1);
  form.addEventListener("submit", number);

  const keep = async () => {
    if (form.dataset.sent) return;
    number();
    const typed = [...new FormData(form)].filter(([, value]) => typeof value === "string");
    const body = new URLSearchParams([...typed, ["keep", "1"]]);
    try {
      const keepalive = body.toString().length < MOST_WHEN_LEFT;
      const response = await fetch(form.action, { method: "POST", body, headers: { "X-Seal": seal }, keepalive });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      refused = !response.ok || !page.getElementById("kept");
      if (refused) kept.textContent = (page.querySelector(".alert, .lead") ?? { textContent: kept.dataset.offline }).textContent;
      else show(page);
    } catch {
      refused = true;
      kept.textContent = kept.dataset.offline;
    }
  };

  const show = (page) => {
    for (const old of form.querySelectorAll(".findings, #kept")) {
      const fresh = page.getElementById(old.id);
      // The same words are not read out again.
      if (fresh && fresh.textContent !== old.textContent) old.replaceChildren(...fresh.childNodes);
    }
    form.elements._read.value = page.querySelector("[name=_read]").value;
  };

  // One after the other, so that an older text never arrives last.
  const now = () => {
    clearTimeout(pause);
    last = last.then(keep);
  };
  form.addEventListener("change", now);
  form.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(now, PAUSE);
  });
  // What could not be kept is not left behind without a question.
  addEventListener("beforeunload", (event) => {
    if (refused && !form.dataset.sent) event.preventDefault();
  });
}
