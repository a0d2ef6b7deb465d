// Runs in every dashboard's page, before all other scripts. It says when the page is left, brings the
// connection back after a loss, shows notices, and keeps too large uploads from being sent.
(() => {
  "use strict";
  const script = document.currentScript;
  const { page, prefix, idle } = script.dataset;
  const limit = Number(script.dataset.limit); // bytes of a file
  const longest = (limit * 4) / 3 + 2 ** 20; // bytes of a message, as the berth has it: a file in base64, and more
  const embedded = prefix.startsWith("http");
  const FIRST_CONNECTION = 15000; // ms from the page's load until a dashboard that shows nothing is looked at
  const NOTICED = 700; // ms that a loss may last without a word
  const LONGEST_PAUSE = 1000; // ms between two attempts to come back
  const READING = 2000; // ms for which a notice is shown before the page goes
  const RELOAD_PAUSE = 60000; // ms within which the page reloads itself only once
  const LAST_CALL = 60; // s before the end at which a notice of it that was closed is shown once more
  const LEAVING = 3000; // ms that the browser may take to unload the page
  const ACTIVE_PAUSE = Math.min(10000, Number(idle) * 100); // ms between two signs of activity

  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  const tell = (path, fields) => navigator.sendBeacon(prefix + path, new URLSearchParams(fields));

  // Notices, apart from the dashboard's own styles, which are fetched while there is a connection

  const host = document.createElement("div");
  host.id = "berth-notices";
  const shadow = host.attachShadow({ mode: "open" });
  const notices = document.createElement("div");
  notices.className = "berth-notices";
  notices.setAttribute("aria-live", "polite");
  for (const name of ["theme.css", "notice.css"]) {
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = new URL(name, script.src);
    shadow.append(style);
  }
  shadow.append(notices);
  const attach = () => host.isConnected || (document.body ?? document.documentElement).append(host);
  addEventListener("load", attach);

  const element = (kind, text, ...children) => {
    const made = document.createElement(kind);
    made.append(text, ...children);
    return made;
  };
  const button = (text, action) => {
    const made = element("button", text);
    made.type = "button";
    made.addEventListener("click", action);
    return made;
  };
  const hide = (name) => notices.querySelector(`[data-name="${name}"]`)?.remove();
  const show = (name, kind, text, ...buttons) => {
    hide(name);
    attach();
    const notice = element("div", element("p", text), ...buttons);
    notice.className = "berth-notice";
    Object.assign(notice.dataset, { name, kind });
    if (kind === "error") notice.setAttribute("role", "alert");
    notices.append(notice);
  };
  const close = (name) => button("Close", () => hide(name));
  let over = false; // whether the session has ended

  // The idle warning: a dialog that counts down

  let countdown = null;
  const unwarn = () => {
    clearInterval(countdown);
    shadow.querySelector("dialog")?.remove();
  };
  const stay = () => {
    unwarn();
    tell("/berth/active", {});
  };
  const warn = (seconds) => {
    unwarn();
    const end = Date.now() + seconds * 1000;
    const time = element("strong", "");
    const tick = () => {
      const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      time.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    };
    tick();
    countdown = setInterval(tick, 250);
    const text = element("p", "Nothing was done here for a while. Your place is given to others in ", time, ".");
    const actions = element("div", button("Stay here", stay));
    actions.className = "berth-actions";
    actions.firstChild.className = "berth-main";
    const dialog = element("dialog", element("h2", "Are you still there?"), text, actions);
    dialog.className = "berth-dialog";
    dialog.setAttribute("aria-label", "Are you still there?");
    dialog.addEventListener("cancel", stay);
    shadow.append(dialog);
    attach();
    dialog.showModal();
  };

  // The end of the place itself, for maintenance: a notice that counts down. It is said again and again.

  let closingAt = 0; // ms since the epoch; 0: not heard of
  let unheeded = Infinity; // ms before the end at which the notice was last closed
  const inWords = (ms) => {
    const seconds = Math.max(0, Math.ceil(ms / 1000));
    const [count, unit] = seconds > 60 ? [Math.ceil(seconds / 60), "minute"] : [seconds, "second"];
    return `in ${count} ${unit}${count === 1 ? "" : "s"}`;
  };
  const sayClosing = () => {
    const time = new Date(closingAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const left = element("strong", "");
    left.setAttribute("role", "timer");
    left.setAttribute("aria-live", "off"); // not read out with every change
    const text = element("span", `This place closes at about ${time}, `, left, ", for maintenance. ");
    text.append("Save your work until then; reload the page afterwards for a new place.");
    show("closing", "warning", text, button("Close", () => {
      unheeded = closingAt - Date.now();
      hide("closing");
    }));
    const notice = notices.lastChild;
    notice.setAttribute("role", "alert");
    const tick = () => {
      const words = inWords(closingAt - Date.now());
      if (left.textContent !== words) left.textContent = words;
      if (notice.isConnected) setTimeout(tick, 250);
    };
    tick();
  };
  const closing = (seconds) => {
    closingAt = Date.now() + seconds * 1000;
    const again = seconds <= LAST_CALL && unheeded > LAST_CALL * 1000;
    const shown = notices.querySelector('[data-name="closing"]');
    if (!shown && !over && (unheeded === Infinity || again)) sayClosing();
  };

  // Leaving. Bokeh gives connections up for good at "beforeunload", which a link to a mail address or
  // a download fires, too, though the page stays: its listener is not taken.

  let leavingUntil = 0;
  addEventListener("beforeunload", () => (leavingUntil = Date.now() + LEAVING));
  const listen = window.addEventListener.bind(window);
  window.addEventListener = (kind, ...rest) => {
    const bokehs = kind === "beforeunload" && /bokeh[^/]*\.js/.test(document.currentScript?.src);
    if (!bokehs) listen(kind, ...rest);
  };
  const staying = () => sleep(Math.max(0, leavingUntil - Date.now()));
  addEventListener("pagehide", () => tell("/berth/left", { page }));
  addEventListener("pageshow", (event) => event.persisted && location.reload());

  // The end of a session

  const here = () => location.pathname + location.search + location.hash;
  const mayReload = () => {
    try {
      if (Date.now() - Number(sessionStorage.getItem("berth-reloaded")) < RELOAD_PAUSE) return false;
      sessionStorage.setItem("berth-reloaded", Date.now());
      return true;
    } catch {
      return false; // A page without storage reloads only by hand.
    }
  };
  const openAnew = async (text) => {
    over = true;
    hide("lost");
    if (embedded || !mayReload()) {
      show("ended", "error", text, button("Open a new one", () => location.reload()));
      return;
    }
    show("ended", "warning", `${text} A new one is being opened …`);
    await sleep(READING);
    location.reload();
  };
  const ended = (why) => {
    if (over) return;
    over = true;
    unwarn();
    hide("closing");
    if (why === "changed") {
      location.reload();
    } else if (!embedded && ["idle", "logout", "drained"].includes(why)) {
      location.replace(`${prefix}/berth/ended?why=${why}&next=${encodeURIComponent(here())}`);
    } else if (why === "crashed") {
      openAnew("The process of this dashboard ended unexpectedly.");
    } else if (why === "drained") {
      openAnew("This place has closed for maintenance.");
    } else {
      openAnew("This session has ended.");
    }
  };

  // The connection. Whether the session still lives is asked of the lobby, which is never busy.

  const lost = new Map(); // document → how to connect it again
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
  const reconnect = async () => {
    for (const connect of lost.values()) connect();
    for (let waited = 0; lost.size && waited < 2000; waited += 50) await sleep(50);
  };
  const comeBack = async () => {
    if (returning || over) return;
    returning = true;
    await staying();
    const told = setTimeout(() => show("lost", "warning", "The connection was lost. Trying to come back …"), NOTICED);
    for (let pause = 100; lost.size && !over; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      await sleep(pause);
      const state = await askState();
      // Another site's page may not be allowed to ask.
      if (state === "here" || (embedded && state === "unknown")) await reconnect();
      else if (state !== "unknown") ended(state);
    }
    clearTimeout(told);
    hide("lost");
    returning = false;
  };

  const hear = (message) => {
    const said = message instanceof Map ? Object.fromEntries(message) : message;
    if (said.kind === "problem") show("problem", "error", said.text, close("problem"));
    if (said.kind === "idle") warn(said.seconds);
    if (said.kind === "active") unwarn();
    if (said.kind === "closing") closing(said.seconds);
    if (said.kind === "ended") ended(said.why);
  };

  // A document that comes back is made again. Bokeh then takes the ends that a plot's ranges happen to have
  // for chosen ones, and the plot would not follow its data any more.
  const FOLLOWING = ["_initial_start", "_initial_end", "have_updated_interactively"];
  const rangesOf = (bokehDocument) => [...bokehDocument.all_models].filter((model) => "_initial_start" in model);
  const kept = (model) => [model.id, Object.fromEntries(FOLLOWING.map((name) => [name, model[name]]))];

  // What had arrived of a message when the connection broke would be taken for the beginning of the next one.
  const forgetHalfMessage = (connection) => {
    if (connection) connection._receiver = new connection._receiver.constructor();
  };

  const known = new WeakSet();
  const follow = (bokehDocument) => {
    let ranges = new Map();
    known.add(bokehDocument);
    bokehDocument.on_message("berth", hear);
    bokehDocument.on_event("connection_lost", (_, event) => {
      ranges = new Map(rangesOf(bokehDocument).map(kept));
      forgetHalfMessage(event.connection.deref());
      lost.set(bokehDocument, () => event.reconnect());
      comeBack();
    });
    bokehDocument.on_event("client_reconnected", () => {
      for (const range of rangesOf(bokehDocument)) Object.assign(range, ranges.get(range.id));
      lost.delete(bokehDocument);
    });
  };
  const documents = () => window.Bokeh?.documents ?? [];
  const followNew = () => documents().filter((one) => !known.has(one)).forEach(follow);

  // Bokeh's own sockets. These listeners are called before Bokeh's, so that no document is followed too late.

  const sockets = new Set();
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...parameters) {
      super(...parameters);
      if (parameters[1]?.[0] !== "bokeh") return;
      sockets.add(this);
      this.addEventListener("message", followNew);
      this.addEventListener("close", () => {
        sockets.delete(this);
        followNew();
        if (!documents().length) firstFailed();
      });
    }
    send(data) {
      // The berth would break the connection before it could say why.
      const tooLong = sockets.has(this) && new Blob([data]).size > longest;
      if (tooLong) tooMuch("This was too much at once");
      if (tooLong) this.close(4009);
      else super.send(data);
    }
    close(code, ...reason) {
      // Bokeh closes what it does not understand with 1002, which browsers refuse, so that nothing is closed.
      super.close(code === 1002 ? 4002 : code, ...reason);
    }
  };
  // In a page of another site Bokeh may have connected before this script was there.
  if (embedded) setInterval(followNew, 500);

  // The first connection: without it the page would stay blank without a word

  let first = false;
  const firstFailed = async () => {
    if (first || over) return;
    first = true;
    await staying();
    show("first", "warning", "This dashboard could not connect. Trying again …");
    let state = "unknown";
    for (let tries = 0; state === "unknown" && tries < 30; tries += 1) {
      await sleep(LONGEST_PAUSE);
      state = await askState();
    }
    hide("first");
    if (state === "here" || state === "unknown") openAnew("This dashboard could not connect.");
    else ended(state);
  };
  addEventListener("load", async () => {
    await sleep(FIRST_CONNECTION);
    for (; sockets.size && !documents().length; await sleep(LONGEST_PAUSE)) {
      if (!notices.children.length) show("first", "info", "This dashboard is busy. It is shown as soon as it answers.");
    }
    if (documents().length) hide("first");
    else firstFailed();
  });

  // Activity

  let activeAt = 0;
  const active = () => {
    if (Date.now() - activeAt < ACTIVE_PAUSE) return;
    activeAt = Date.now();
    tell("/berth/active", {});
  };
  if (Number(idle) > 0) {
    for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"]) {
      addEventListener(kind, active, { capture: true, passive: true });
    }
  }

  // Uploads

  const megabytes = (bytes) => `${Math.ceil(bytes / 2 ** 20 * 10) / 10} MB`;
  const tooMuch = (what) => show("size", "error", `${what}: at most ${megabytes(limit)} can be sent.`, close("size"));
  const refuse = (event) => {
    const input = event.composedPath()[0];
    const files = [...(input.files ?? event.dataTransfer?.files ?? [])];
    const size = files.reduce((sum, file) => sum + file.size, 0);
    if (size <= limit) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    if (input.type === "file") input.value = "";
    tooMuch(`${files.map((file) => file.name).join(", ")} (${megabytes(size)}) is too large`);
  };
  addEventListener("input", refuse, true);
  addEventListener("drop", refuse, true);
})();
