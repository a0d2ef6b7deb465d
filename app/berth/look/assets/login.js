// What stands behind # never reaches a server, so the form and the provider's button carry it along.
const form = document.getElementById("login");
const provider = document.getElementById("provider");
const password = document.getElementById("password");
const reveal = document.querySelector(".reveal button");

form?.addEventListener("submit", () => {
  if (location.hash && !form.next.value.includes("#")) form.next.value += location.hash;
  form.setAttribute("aria-busy", "true");
});

window.addEventListener("pageshow", () => form?.removeAttribute("aria-busy"));

if (provider && location.hash) provider.href += encodeURIComponent(location.hash);

if (reveal) reveal.hidden = false;
reveal?.addEventListener("click", () => {
  const shown = password.type === "password";
  password.type = shown ? "text" : "password";
  reveal.setAttribute("aria-pressed", String(shown));
  reveal.firstChild.data = shown ? "Hide" : "Show";
  password.focus();
});
