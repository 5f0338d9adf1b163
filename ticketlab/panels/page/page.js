// Moves the controls of a saved panel. A frame is what the panel shows at one place of all controls:
// its numbers and its pictures, each a list of pieces, of which every one is stored once.
(async () => {
  const part = id => document.getElementById(id);
  const stops = JSON.parse(part("stops").textContent);
  const sizes = stops.map(stop => stop.labels.length);
  const place = stops.map(stop => stop.start);
  let stored;

  async function unpack(text) {
    const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).json();
  }

  function text(number) {
    let at = -1, whole = "";
    for (const step of stored.texts[number]) whole += stored.pieces[at += step];
    return whole;
  }

  const frame = where =>
    stored.frames[where.reduce((number, index, axis) => number * sizes[axis] + index, 0)];

  // A choice may leave a slider fewer positions: it goes to the last of those.
  function last(axis) {
    const where = [...place];
    for (where[axis] = sizes[axis] - 1; where[axis] > 0 && !frame(where); where[axis]--);
    return where[axis];
  }

  function show() {
    const ends = stops.map((stop, axis) => stop.values ? last(axis) : sizes[axis] - 1);
    ends.forEach((end, axis) => { place[axis] = Math.min(place[axis], end); });
    stops.forEach((stop, axis) => stop.follow(place[axis], ends[axis]));
    const [numbers, pictures] = frame(place);
    part("numbers").innerHTML = text(numbers);
    part("pictures").innerHTML = text(pictures);
    tell();
  }

  function move(axis, index) {
    place[axis] = Math.max(0, Math.min(sizes[axis] - 1, index));
    show();
  }

  const make = (tag, traits) => Object.assign(document.createElement(tag), traits);

  // A slider and a field (or a list of names) that stand at the same position, or a list alone.
  function control(stop, axis) {
    const row = make("span"), name = make("label", { textContent: stop.name });
    const field = stop.values
      ? make("input", { type: "text", inputMode: "decimal" })
      : make("select", {});
    field.id = `control-${axis}`;
    field.title = stop.words;
    name.htmlFor = field.id;
    row.append(name);
    if (stop.slider) {
      const slider = make("input", { type: "range", min: 0, step: 1, title: stop.words });
      slider.setAttribute("aria-label", stop.words);
      slider.addEventListener("input", () => move(axis, +slider.value));
      row.append(slider);
      stop.slide = slider;
    }
    if (stop.values) {
      field.addEventListener("change", () => move(axis, nearest(stop.values, field.value, place[axis])));
      field.addEventListener("keydown", event => {
        const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
        if (step) { event.preventDefault(); move(axis, place[axis] + step); }
      });
    } else {
      stop.labels.forEach((label, index) => field.add(new Option(label, index)));
      field.addEventListener("change", () => move(axis, +field.value));
    }
    row.append(field);
    stop.follow = (index, end) => {
      field.value = stop.values ? stop.labels[index] : index;
      if (stop.slide) {
        stop.slide.max = end;
        stop.slide.value = index;
        stop.slide.setAttribute("aria-valuetext", stop.labels[index]);
      }
    };
    return row;
  }

  // What was typed is a number of the scale, not a position; what is no number leaves it as it is.
  function nearest(values, typed, now) {
    const number = parseFloat(typed.replace(",", "."));
    if (Number.isNaN(number)) return now;
    const away = values.map(value => Math.abs(value - number));
    return away.indexOf(Math.min(...away));
  }

  // A page that frames this one gives it as much room as it needs.
  function tell() {
    if (parent !== window) {
      const height = document.querySelector("main").getBoundingClientRect().height;
      parent.postMessage({ ticketlabHeight: Math.ceil(height) }, "*");
    }
  }

  if (parent !== window) document.documentElement.classList.add("framed");
  addEventListener("resize", tell);
  try {
    stored = await unpack(part("frames").textContent.trim());
  } catch (error) {
    part("note").textContent = "The sliders of this page need a browser of 2023 or later: " + error;
    tell();
    return;
  }
  const rows = stops.map(control);  // sliders come first, as in the notebook
  part("controls").append(...rows.filter((_, axis) => stops[axis].slider),
    ...rows.filter((_, axis) => !stops[axis].slider));
  part("controls").addEventListener("submit", event => event.preventDefault());
  show();
  document.body.dataset.ready = "yes";
})();
