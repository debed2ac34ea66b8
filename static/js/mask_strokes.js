/* A mask as a list of steps in pixels of its picture: drawn small to be seen, and once more at full size to be stored. What is
   marked is opaque, whatever colour it is drawn in. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});
  const PENCIL = "#d1432f";

  /* A pen presses; a mouse and a finger do not tell. */
  const widthAt = (stroke, point) => stroke.size * (point.pressure === undefined ? 1 : 0.35 + 0.65 * point.pressure);

  /* The piece of a stroke up to one of its points; a single point is a dot. */
  const drawPiece = (pen, stroke, at, colour) => {
    const [from, to] = [stroke.points[Math.max(at - 1, 0)], stroke.points[at]];
    pen.globalCompositeOperation = stroke.isErased ? "destination-out" : "source-over";
    pen.strokeStyle = colour;
    pen.lineCap = "round";
    pen.lineWidth = widthAt(stroke, to);
    pen.beginPath();
    pen.moveTo(from.x, from.y);
    pen.lineTo(to.x, to.y);
    pen.stroke();
  };

  const steps = {
    stroke: (pen, step, colour) => step.points.forEach((_, at) => drawPiece(pen, step, at, colour)),
    picture: (pen, step) => {
      pen.globalCompositeOperation = "source-over";
      pen.drawImage(step.canvas, 0, 0, pen.mask.width, pen.mask.height);
    },
    clear: (pen) => pen.clearRect(0, 0, pen.mask.width, pen.mask.height),
    fill: (pen, step, colour) => cover(pen, "source-over", colour),
    /* What was there is taken away, what was not is there. */
    invert: (pen, step, colour) => cover(pen, "source-out", colour),
  };

  const cover = (pen, operation, colour) => {
    pen.globalCompositeOperation = operation;
    pen.fillStyle = colour;
    pen.fillRect(0, 0, pen.mask.width, pen.mask.height);
  };

  /* `mask` has the picture's width and height; the canvas may be smaller. */
  const penOf = (canvas, mask) => {
    const pen = canvas.getContext("2d");
    pen.setTransform(canvas.width / mask.width, 0, 0, canvas.height / mask.height, 0, 0);
    pen.mask = mask;
    return pen;
  };

  const draw = (canvas, mask, list, colour = PENCIL) => {
    const pen = penOf(canvas, mask);
    steps.clear(pen);
    for (const step of list) steps[step.kind](pen, step, colour);
    return pen;
  };

  const canvasOf = (width, height) => Object.assign(document.createElement("canvas"), { width, height });

  /* White where it is marked, black elsewhere, at the size of the picture. */
  const toFile = (mask, list) => {
    const canvas = canvasOf(mask.width, mask.height);
    const pen = draw(canvas, mask, list, "#fff");
    pen.globalCompositeOperation = "source-in";
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, mask.width, mask.height);
    cover(pen, "destination-over", "#000");
    return new Promise((resolve) => canvas.toBlob((blob) => resolve(new File([blob], "mask.png", { type: "image/png" })), "image/png"));
  };

  /* A stored mask as a step: opaque where its pixels are what the model takes for marked. */
  const readMarks = (image, marks, width, height, colour = [209, 67, 47, 255]) => {
    const canvas = canvasOf(width, height);
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(image, 0, 0, width, height);
    const pixels = pen.getImageData(0, 0, width, height);
    const { data } = pixels;
    for (let at = 0; at < data.length; at += 4) {
      const isLight = data[at] + data[at + 1] + data[at + 2] > 384;
      const isMarked = marks === "transparent" ? data[at + 3] < 128 : isLight === (marks === "white");
      data.set(isMarked ? colour : [0, 0, 0, 0], at);
    }
    pen.putImageData(pixels, 0, 0);
    return canvas;
  };

  Proofsheet.strokes = { draw, drawPiece, penOf, toFile, readMarks };
})();
