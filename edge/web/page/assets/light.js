// @ts-check
// The light on an application's page: it waits for the first sign-in and says
// who it was. Without script a reload of the page says the same.
//
//   [data-light] [data-events=ADDRESS] > [data-light-text]

/** Beyond this many failures in a row somebody signed out, or the server is gone: a reload tells. */
const MAX_FAILURES = 5;

/** @param {HTMLElement} light */
function wait(light) {
  const text = light.querySelector("[data-light-text]");
  const address = light.dataset.events;
  if (!text || !address) return;
  const events = new EventSource(address);
  let failures = 0;
  events.onopen = () => { failures = 0; };
  events.onerror = () => { if (++failures >= MAX_FAILURES) events.close(); };
  events.addEventListener("signin", (event) => {
    /** @type {{who: string, ago: number}} */
    const { who, ago } = JSON.parse(event.data);
    events.close();
    light.classList.add("on");
    const since = Date.now() - ago * 1000;
    const say = () => {
      const s = Math.max(0, Math.round((Date.now() - since) / 1000));
      text.textContent = s < 5 ? `${who} signed in just now.` : s < 60 ? `${who} signed in ${s} seconds ago.` : `${who} signed in ${Math.round(s / 60)} ${s < 90 ? "minute" : "minutes"} ago.`;
    };
    say();
    // Announced once by role=status; after that only the number moves, quietly.
    light.setAttribute("aria-live", "off");
    setInterval(say, 5000);
  });
}

for (const light of document.querySelectorAll("[data-light][data-events]")) {
  if (light instanceof HTMLElement && !document.body.hasAttribute("data-story")) wait(light);
}
