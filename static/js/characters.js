// How many characters are left in a text area, once it becomes tight. Nothing is cut off: the form says what is too
// long. Said politely, after a pause, so that nobody hears it at every key.
"use strict";
const PAUSE_BEFORE_SAYING = 700;

for (const area of document.querySelectorAll("textarea[data-characters]")) {
  const most = Number(area.dataset.characters);
  const said = document.createElement("p");
  said.className = "meta characters-left";
  said.setAttribute("aria-live", "polite");
  area.after(said);
  let pause;

  const say = () => {
    const left = most - [...area.value.trim()].length;
    said.textContent = left > most / 2 ? "" : left < 0 ? `${-left} characters too many` : `${left} characters left`;
  };
  area.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(say, PAUSE_BEFORE_SAYING);
  });
  say();
}
