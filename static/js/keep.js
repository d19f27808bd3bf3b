// A step is kept while one types: the same POST as its buttons make, answered by the same page. What the page says about
// the step then – when it was kept, what is known of a chosen person – takes the place of what it said before. A page
// that is older than what is kept writes nothing over it by itself: that takes a button.
"use strict";

for (const form of document.querySelectorAll("form[data-keep]")) {
  const kept = form.querySelector("#kept");
  const seal = form.elements._seal.value;
  let last = Promise.resolve();

  const keep = async () => {
    if (form.dataset.sent) return;
    const body = new FormData(form);
    body.append("keep", "1");
    try {
      const response = await fetch(form.action, { method: "POST", body, headers: { "X-Seal": seal } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (response.ok && page.getElementById("kept")) show(page);
      else kept.textContent = (page.querySelector(".alert, .lead") ?? { textContent: kept.dataset.offline }).textContent;
    } catch {
      kept.textContent = kept.dataset.offline;
    }
  };

  const show = (page) => {
    for (const old of form.querySelectorAll(".findings, #kept")) {
      const fresh = page.getElementById(old.id);
      if (fresh) old.replaceChildren(...fresh.childNodes);
    }
    form.elements._read.value = page.querySelector("[name=_read]").value;
  };

  // One after the other, so that an older text never arrives last.
  form.addEventListener("change", () => {
    last = last.then(keep);
  });
}
