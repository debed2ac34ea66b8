/* The reference: Swagger UI with the page's own token field, and with the pictures of an answer shown as pictures. */
(() => {
  "use strict";
  const box = document.getElementById("reference");
  const token = document.getElementById("token");
  const KINDS = { iVBORw: "png", "/9j/": "jpeg", UklGR: "webp", R0lGOD: "gif", PHN2Zy: "svg+xml", PD94bW: "svg+xml" };
  const BASE64 = /"(?:data:image\/[\w.+-]+;base64,)?((?:iVBORw|\/9j\/|UklGR|R0lGOD|PHN2Zy|PD94bW)[\w+/=]{160,})"/g;

  const kindOf = (base64) => KINDS[Object.keys(KINDS).find((start) => base64.startsWith(start))];
  const size = (base64) => `${Math.ceil((base64.length * 3) / 4 / 1024).toLocaleString("en")} KB`;

  /* Megabytes of base64 are no use to a reader: what stays of them is their start and their size. */
  const read = (text) => {
    const pictures = [];
    const words = text.replace(BASE64, (whole, base64) => {
      pictures.push(`data:image/${kindOf(base64)};base64,${base64}`);
      return `"${whole.slice(1, whole.indexOf(base64) + 24)}… ${size(base64)}"`;
    });
    return { words, pictures };
  };

  const showPictures = (system) => ({
    wrapComponents: {
      responseBody: (Original) => (props) => {
        const create = system.React.createElement;
        const { words, pictures } = typeof props.content === "string" ? read(props.content) : { words: props.content, pictures: [] };
        const shown = pictures.map((source, index) => create("img", { key: index, src: source, alt: `Picture ${index + 1} of the answer` }));
        return create(
          "div",
          null,
          shown.length > 0 && create("div", { className: "reference-pictures" }, shown),
          create(Original, { ...props, content: words }),
        );
      },
    },
  });

  /* The token has a field of the page; the title and what is said about it stand above. */
  const nothing = () => () => null;
  const leaveOut = () => ({
    wrapComponents: { InfoContainer: nothing, authorizeBtn: nothing, authorizeOperationBtn: nothing },
  });

  const signIn = () => {
    ui.preauthorizeApiKey("bearerAuth", token.value.trim());
  };

  const ui = SwaggerUIBundle({
    url: box.dataset.document,
    domNode: box,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: -1,
    defaultModelExpandDepth: 2,
    displayRequestDuration: true,
    syntaxHighlight: { activated: false },
    tryItOutEnabled: true,
    plugins: [showPictures, leaveOut],
    onComplete: () => {
      if (token.value) signIn();
    },
  });
  token.addEventListener("input", signIn);
})();
