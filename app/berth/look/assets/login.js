// What stands behind # never reaches a server, so the form carries it along.
const form = document.getElementById("login");
const password = document.getElementById("password");
const reveal = document.querySelector(".reveal button");

form.addEventListener("submit", () => {
  if (location.hash && !form.next.value.includes("#")) form.next.value += location.hash;
  form.setAttribute("aria-busy", "true");
});

window.addEventListener("pageshow", () => form.removeAttribute("aria-busy"));

reveal.hidden = false;
reveal.addEventListener("click", () => {
  const shown = password.type === "password";
  password.type = shown ? "text" : "password";
  reveal.setAttribute("aria-pressed", String(shown));
  reveal.firstChild.data = shown ? "Hide" : "Show";
  password.focus();
});
