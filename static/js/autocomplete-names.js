// Select2 names its fields by what is chosen, so by nothing while nothing is: they take the name of the field itself.
(() => {
  const nameFields = (root) => {
    for (const select of root.querySelectorAll("select.select2-hidden-accessible")) {
      const label = select.getAttribute("aria-label") || select.labels[0]?.textContent.trim().replace(/:$/, "");
      for (const part of select.nextElementSibling?.querySelectorAll("[role=combobox], [role=textbox]") ?? []) {
        part.removeAttribute("aria-labelledby");
        part.setAttribute("aria-label", label);
      }
    }
  };
  window.addEventListener("load", () => nameFields(document));
  // Once Django has made the fields of the new row.
  document.addEventListener("formset:added", (event) => setTimeout(() => nameFields(event.target)));
})();
