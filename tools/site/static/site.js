// A panel says how high it is, and its frame follows.
addEventListener("message", event => {
  const height = event.data?.ticketlabHeight;
  if (typeof height !== "number") return;
  for (const frame of document.querySelectorAll("iframe.panel")) {
    if (frame.contentWindow === event.source) frame.style.height = `${Math.min(height + 4, 2000)}px`;
  }
});
