// Drag over the scores to choose a range; the two number fields say the same and work without a pointer.
const plot = document.getElementById("plot");
const form = document.getElementById("filter");
let from = null;

const share = (event) => {
  const box = plot.querySelector("svg").getBoundingClientRect();
  return Math.min(100, Math.max(0, ((event.clientX - box.left) / box.width) * 100));
};

function draw(low, high) {
  const brush = document.getElementById("brush");
  brush.setAttribute("x", low);
  brush.setAttribute("width", high - low);
  form.elements.low.value = Math.round(low);
  form.elements.high.value = Math.round(high);
}

plot?.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  from = share(event);
  plot.setPointerCapture(event.pointerId);
});
plot?.addEventListener("pointermove", (event) => {
  if (from !== null) draw(Math.min(from, share(event)), Math.max(from, share(event)));
});
plot?.addEventListener("pointerup", (event) => {
  const to = share(event);
  if (from !== null && Math.abs(to - from) > 1) form.requestSubmit();
  from = null;
});
