// Runs in every dashboard's page, before all other scripts. It says when the page is left, brings the
// connection back after a loss, shows notices, and keeps too large uploads from being sent.
(() => {
  "use strict";
  const script = document.currentScript;
  const { page, prefix, limit, idle, colour } = script.dataset;
  const embedded = prefix.startsWith("http");
  const FIRST_CONNECTION = 15000; // ms from the page's load until a dashboard without connection is given up
  const LONGEST_PAUSE = 1000; // ms between two attempts to come back
  const RELOAD_PAUSE = 60000; // ms within which the page reloads itself only once
  const ACTIVE_PAUSE = 10000; // ms between two signs of activity

  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  const post = (path, fields) =>
    fetch(prefix + path, { method: "POST", body: new URLSearchParams(fields), keepalive: true, credentials: "include" })
      .catch(() => {});

  // Notices, apart from the dashboard's own styles

  let shadow = null;
  const shadowRoot = () => {
    if (shadow) return shadow;
    const host = document.createElement("div");
    host.id = "berth-notices";
    host.style.setProperty("--berth-colour", colour);
    shadow = host.attachShadow({ mode: "open" });
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = new URL("notice.css", script.src);
    shadow.append(style);
    (document.body || document.documentElement).append(host);
    return shadow;
  };
  const button = (text, action) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", action);
    return made;
  };
  const hide = (name) => shadow?.querySelector(`[data-name="${name}"]`)?.remove();
  const show = (name, kind, text, ...buttons) => {
    hide(name);
    const notice = document.createElement("div");
    notice.className = "berth-notice";
    notice.dataset.name = name;
    notice.dataset.kind = kind;
    notice.setAttribute("role", kind === "error" ? "alert" : "status");
    const sentence = document.createElement("span");
    sentence.textContent = text;
    notice.append(sentence, ...buttons);
    shadowRoot().append(notice);
    return notice;
  };
  const close = (name) => button("Close", () => hide(name));

  // The idle warning: a dialog that counts down

  let countdown = null;
  const stay = () => {
    clearInterval(countdown);
    shadow?.querySelector("dialog")?.remove();
    post("/berth/active", {});
  };
  const warn = (seconds) => {
    shadow?.querySelector("dialog")?.remove();
    const dialog = document.createElement("dialog");
    dialog.className = "berth-dialog";
    const text = document.createElement("p");
    const end = Date.now() + seconds * 1000;
    const tick = () => {
      const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      text.textContent = `You have not used this dashboard for a while. Your seat is given to others in ${left} s.`;
    };
    tick();
    clearInterval(countdown);
    countdown = setInterval(tick, 1000);
    dialog.append(text, button("Stay here", stay));
    dialog.addEventListener("cancel", stay);
    shadowRoot().append(dialog);
    dialog.showModal();
  };

  // The end of a session

  let over = false;
  const here = () => location.pathname + location.search + location.hash;
  const remember = (name, value) => {
    try {
      sessionStorage.setItem(name, value);
    } catch {
      // A page without storage reloads only by hand.
    }
  };
  const recently = (name) => {
    try {
      return Date.now() - Number(sessionStorage.getItem(name)) < RELOAD_PAUSE;
    } catch {
      return true;
    }
  };
  const openAnew = async (text) => {
    if (embedded || recently("berth-reloaded")) {
      show("ended", "error", text, button("Open a new one", () => location.reload()));
      return;
    }
    remember("berth-reloaded", Date.now());
    show("ended", "warning", `${text} A new one is being opened …`);
    await sleep(2000);
    location.reload();
  };
  const ended = (why) => {
    if (over) return;
    over = true;
    hide("lost");
    if (why === "changed") {
      location.reload();
    } else if (!embedded && (why === "idle" || why === "logout")) {
      location.replace(`${prefix}/berth/ended?why=${why}&next=${encodeURIComponent(here())}`);
    } else if (why === "crashed") {
      openAnew("The process of this dashboard ended unexpectedly.");
    } else {
      openAnew("This session has ended.");
    }
  };

  // The connection: whether the session still lives is asked of the lobby, which is never busy

  const lost = new Set();
  let returning = false;
  const askState = async () => {
    try {
      const answer = await fetch(`${prefix}/berth/page?page=${page}`, {
        credentials: "include", cache: "no-store", signal: AbortSignal.timeout(3000),
      });
      return answer.ok ? (await answer.json()).state : "unknown";
    } catch {
      return "unknown";
    }
  };
  const comeBack = async () => {
    if (returning || over) return;
    returning = true;
    const told = setTimeout(() => show("lost", "warning", "The connection was lost. Trying to come back …"), 700);
    for (let pause = 100; lost.size && !over; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      await sleep(pause);
      const state = await askState();
      if (state === "here") {
        for (const reconnect of lost) reconnect();
        for (let waited = 0; lost.size && waited < 2000; waited += 50) await sleep(50);
      } else if (state !== "unknown") {
        ended(state);
      }
    }
    clearTimeout(told);
    hide("lost");
    returning = false;
  };

  let tooBig = false;
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...parameters) {
      super(...parameters);
      this.addEventListener("close", (event) => {
        tooBig = event.code === 1009;
        if (tooBig) show("size", "error", `This was more than the ${megabytes(limit)} that a message may have.`, close("size"));
        if (event.code !== 1000 && !window.Bokeh?.documents?.length) firstConnectionFailed();
      });
    }
  };

  const follow = (bokehDocument) => {
    let reconnect = null;
    bokehDocument.on_event("connection_lost", (_, event) => {
      reconnect = () => event.reconnect();
      lost.add(reconnect);
      comeBack();
    });
    bokehDocument.on_event("client_reconnected", () => lost.clear());
    bokehDocument.on_message("berth", hear);
  };
  const hear = (message) => {
    const said = message instanceof Map ? Object.fromEntries(message) : message;
    if (said.kind === "problem") show("problem", "error", said.text, close("problem"));
    if (said.kind === "idle") warn(said.seconds);
    if (said.kind === "active") stay();
    if (said.kind === "ended") ended(said.why);
  };

  let waitingForFirst = false;
  const firstConnectionFailed = async () => {
    if (waitingForFirst || over) return;
    waitingForFirst = true;
    show("first", "warning", "This dashboard could not connect. Trying again …");
    let state = "unknown";
    for (let tries = 0; state === "unknown" && tries < 30; tries += 1) {
      await sleep(LONGEST_PAUSE);
      state = await askState();
    }
    hide("first");
    openAnew("This dashboard could not connect.");
  };

  const known = new WeakSet();
  const look = () => {
    for (const bokehDocument of window.Bokeh?.documents ?? []) {
      if (known.has(bokehDocument)) continue;
      known.add(bokehDocument);
      follow(bokehDocument);
    }
  };
  const looking = setInterval(look, 50);
  addEventListener("load", () => {
    setTimeout(() => {
      clearInterval(looking);
      if (!window.Bokeh?.documents?.length) firstConnectionFailed();
    }, FIRST_CONNECTION);
  });

  // Leaving, activity, uploads

  addEventListener("pagehide", () => navigator.sendBeacon(`${prefix}/berth/left`, new URLSearchParams({ page })));
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  let activeAt = 0;
  const active = () => {
    if (Date.now() - activeAt < ACTIVE_PAUSE) return;
    activeAt = Date.now();
    post("/berth/active", {});
  };
  if (Number(idle) > 0) {
    for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"]) {
      addEventListener(kind, active, { capture: true, passive: true });
    }
  }

  const megabytes = (bytes) => `${Math.floor(bytes / 2 ** 20)} MB`;
  const tooLarge = (event) => {
    const input = event.composedPath()[0];
    const files = [...(input?.files ?? event.dataTransfer?.files ?? [])];
    const size = files.reduce((sum, file) => sum + file.size, 0);
    if (size <= Number(limit)) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    if (input?.type === "file") input.value = "";
    const names = files.map((file) => file.name).join(", ");
    show("size", "error", `${names}: ${megabytes(size)} is more than the ${megabytes(limit)} that may be uploaded.`, close("size"));
  };
  addEventListener("input", tooLarge, true);
  addEventListener("drop", tooLarge, true);
})();
