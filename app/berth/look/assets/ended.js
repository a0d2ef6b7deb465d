// The way back keeps what stood behind #.
const action = document.getElementById("action");
if (location.hash) action.href += encodeURIComponent(location.hash);
