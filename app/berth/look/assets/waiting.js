// Shows the place in the queue, and goes to the seat when the lobby says so.
const room = document.getElementById("waiting");
const title = document.title;
const began = performance.now() / 1000 - Number(room.dataset.waited);
const SHOWN = 7;

let stamp = room.dataset.stamp;
let going = false;
let pause = 250;
let waitedSince = began;

function show(id, text) {
  const element = document.getElementById(id);
  if (element.textContent !== String(text)) element.textContent = text;
}

function explain(reason) {
  for (const section of room.querySelectorAll("[data-when]")) section.hidden = section.dataset.when !== reason;
  room.dataset.reason = reason;
}

function drawBoats(place) {
  const ahead = Math.min(place - 1, SHOWN);
  const boats = Array.from({ length: ahead + 1 }, () => document.createElement("li"));
  boats.at(-1).className = "you";
  if (place - 1 > SHOWN) boats.at(-2).className = "more";
  document.getElementById("boats").replaceChildren(...boats);
}

function line(place, of) {
  show("place", place);
  show("of", of);
  document.title = `(${place}) ${title}`;
  drawBoats(place);
}

function tick() {
  const seconds = Math.max(0, Math.floor(performance.now() / 1000 - waitedSince));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = (parts[0] ? parts : parts.slice(1)).map((part, at) => (at ? String(part).padStart(2, "0") : part));
  show("waited", shown.join(":"));
}

function leave(path, next) {
  going = true;
  const hash = next.includes("#") ? "" : location.hash;
  location.replace(`${path}?next=${encodeURIComponent(next + hash)}`);
}

function hear(news) {
  pause = 250;
  if (news.go) return leave(room.dataset.door, news.go);
  if (news.stamp) stamp = news.stamp;
  waitedSince = performance.now() / 1000 - news.waited;
  if (news.problem) show("failure", news.problem);
  show("shortage", news.shortage);
  explain(news.reason);
  line(news.place, news.of);
}

function connect() {
  const query = new URLSearchParams({ next: room.dataset.next, stamp });
  const url = new URL(`${room.dataset.socket}?${query}`, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new WebSocket(url);
  socket.onmessage = (event) => hear(JSON.parse(event.data));
  socket.onclose = (event) => {
    if (going) return;
    if (event.code === 4401) return leave(room.dataset.login, room.dataset.next);
    if (pause > 2000) explain("offline");
    setTimeout(connect, pause * (0.75 + Math.random() / 2));
    pause = Math.min(pause * 2, 5000);
  };
}

// A page that comes back from the browser's memory has to wait again.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());

line(Number(room.dataset.place), Number(room.dataset.of));
tick();
setInterval(tick, 1000);
setTimeout(connect, 1000 * Number(room.dataset.pause));
