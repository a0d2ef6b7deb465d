// Runs in a page of another site in place of a dashboard that cannot be shown yet.
function berthEmbed({ element, script, open, socket, site }) {
  const asked = document.getElementById(element);
  if (!asked) return;
  // Mostly this is the script element itself, in which nothing shows.
  const place = document.createElement("div");
  asked.after(place);

  function say(text, action) {
    const note = document.createElement("p");
    note.setAttribute("role", "status");
    note.style.cssText = "font: 15px/1.5 system-ui, sans-serif; margin: 0; padding: 1em; border: 1px solid #8886; border-radius: 10px";
    note.append(text);
    if (action) {
      const link = document.createElement("a");
      Object.assign(link, { href: open, target: "_blank", rel: "noopener", textContent: action });
      link.style.cssText = "margin-left: .5em; color: inherit; font-weight: 600";
      note.append(link);
    }
    place.replaceChildren(note);
  }

  function load() {
    place.remove();
    const request = new XMLHttpRequest();
    request.responseType = "blob";
    request.open("GET", script, true);
    request.withCredentials = true;
    request.onload = () => {
      const loaded = document.createElement("script");
      loaded.src = URL.createObjectURL(request.response);
      document.body.appendChild(loaded);
    };
    request.send();
  }

  function wait() {
    const waiting = new WebSocket(`${socket}?next=${encodeURIComponent(new URL(script).pathname)}`);
    waiting.onmessage = (event) => {
      const news = JSON.parse(event.data);
      if (news.go) return load();
      say(news.reason === "full" ? `${site}: all places are taken. You are number ${news.place} in the queue.` : `${site} is being made ready …`);
    };
    waiting.onclose = (event) => {
      if (event.code === 4401) say(`${site}: this needs a login.`, "Log in");
      else if (event.code !== 1000) setTimeout(wait, 3000);
    };
  }

  if (socket) wait();
  else say(`${site}: this needs a login. Log in, then load this page again.`, "Log in");
}
