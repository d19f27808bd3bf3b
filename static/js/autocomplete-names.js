// Select2 names its fields by what is chosen, so by nothing while nothing is: they take the name of the field itself.
(() => {
  const nameFields = () => {
    for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
      const label = select.getAttribute("aria-label") || select.labels[0]?.textContent.trim().replace(/:$/, "");
      for (const part of select.nextElementSibling?.querySelectorAll("[role=combobox], [role=textbox]") ?? []) {
        part.removeAttribute("aria-labelledby");
        part.setAttribute("aria-label", label);
      }
    }
  };
  // Django makes the fields some time around the load, and later those of a new row: no event tells when.
  new MutationObserver(nameFields).observe(document.documentElement, { childList: true, subtree: true });
})();
