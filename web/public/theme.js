// Before the first paint: the theme and the text size that were chosen on this device (see src/app/theme.ts).
(function () {
  try {
    var chosen = JSON.parse(localStorage.getItem("sotto.appearance") || "{}");
    var root = document.documentElement;
    if (chosen.theme === "light" || chosen.theme === "dark") root.dataset.theme = chosen.theme;
    if (chosen.text === "small" || chosen.text === "large" || chosen.text === "larger") root.dataset.text = chosen.text;
  } catch (_) {
    // Without storage there is nothing chosen.
  }
})();
