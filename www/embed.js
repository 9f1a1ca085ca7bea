// @ts-check
/**
 * `<place-lens>`: a poster in a post, and PlaceLens in its place once somebody wants it.
 *
 * In: attributes, `locate(Blob)`.  Out: events `place-lens:ready`, `:result`, `:error`; types in embed.d.ts.
 * Until a click, the keyboard's focus or `loading` asks for more, this file is all that is fetched. It needs
 * nothing of the post: no style of its page reaches the poster, and no policy for inline code is asked of it.
 *
 * Proof: `tests/js/embed-element.test.js`, `tests/browser/widget.test.js`, `tests/browser/widget-hosts.test.js`.
 */

/** @typedef {import("./app/embed-host.js").EmbedHost} EmbedHost */

const HOST = new URL("./", import.meta.url);

// The heights are those of the frame once a photo was looked at (styles/embed.css), so that nothing in the post moves.
const STYLE = `
:host{
  display:block!important;visibility:visible!important;opacity:1!important;
  height:auto!important;max-height:none!important;pointer-events:auto!important
}
:host([hidden]){display:none!important}
.wrap{all:initial;display:block;container-type:inline-size;color-scheme:light dark;direction:ltr}
.light{color-scheme:light}
.dark{color-scheme:dark}
.box{
  --a:var(--accent,var(--place-lens-accent,light-dark(#0a6c74,#63ccd2)));
  --s:var(--place-lens-surface,light-dark(#fff,#141d1f));
  --l:color-mix(in srgb,var(--a) 15%,transparent);
  --min:var(--place-lens-height,640px);
  position:relative;display:grid;box-sizing:border-box;
  min-height:max(calc(var(--min) + var(--more)),calc(var(--frame,0px) + 2px));
  border:1px solid light-dark(#d5dfe0,#33454a);border-radius:var(--place-lens-radius,14px);overflow:hidden;
  background:var(--s);color:var(--place-lens-ink,light-dark(#10201f,#e8f0ef));
  font:15px/1.5 var(--place-lens-font,system-ui,sans-serif)
}
@container (min-width:600px){.box{--min:var(--place-lens-height,440px)}}
iframe{position:absolute;width:100%;height:100%;border:0;visibility:hidden}
.open .facade{visibility:hidden}
.open iframe{visibility:visible}
.facade{display:grid;grid-template-rows:1fr auto;cursor:pointer}
.poster{
  display:grid;place-items:center;
  background:linear-gradient(156deg,var(--l) 22%,transparent 22.3%),
    linear-gradient(112deg,transparent 57%,var(--l) 57.2% 59%,transparent 59.2%),
    repeating-linear-gradient(8deg,var(--l) 0 1px,transparent 1px 46px),
    repeating-linear-gradient(98deg,var(--l) 0 1px,transparent 1px 62px)
}
.poster::after{
  content:"";width:18px;height:18px;border:13px solid var(--a);border-radius:50% 50% 50% 4px;
  background:var(--s);rotate:-45deg
}
.words{display:grid;gap:12px;justify-items:center;padding:20px;text-align:center;text-wrap:balance}
p{margin:0}
.hint{font-size:13px;opacity:.8}
.title{font-size:19px;font-weight:650;line-height:1.25}
button{
  min-height:48px;padding:8px 24px;border:0;border-radius:99px;font:inherit;font-weight:600;cursor:pointer;
  background:var(--a);color:lch(from var(--a) calc((49.44 - l)*infinity) 0 0)
}
:focus-visible{outline:3px solid var(--a);outline-offset:3px}
a{color:inherit}`;

/** @param {string} code @param {string} message */
const fault = (code, message) => Object.assign(new Error(message), { code });

/** @param {string} name @param {string} part @param {Node[]} children */
const element = (name, part, ...children) => {
  const made = document.createElement(name);
  made.className = part;
  made.setAttribute("part", part);
  made.append(...children);
  return made;
};

export class PlaceLensElement extends HTMLElement {
  static observedAttributes = ["model", "places", "photo", "for", "top", "theme", "accent", "share-results", "title"];

  #title = element("p", "title");
  #button = element("button", "button");
  #hint = element("p", "hint");
  #words = element("div", "words", this.#title, this.#button, this.#hint);
  #facade = element("div", "facade", element("div", "poster"), this.#words);
  #box = element("div", "box", this.#facade);
  #wrap = element("div", "wrap", this.#box);
  /** @type {Promise<EmbedHost> | null} what opens the frame, and the frame */
  #host = null;
  /** @type {AbortController | undefined} ends what was begun */
  #stop;
  #seen = new IntersectionObserver((entries) => entries.at(-1)?.isIntersecting && this.#open());

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    root.append(this.#wrap);
    this.#title.dir = "auto";
    // all of the poster, for a finger or a mouse; the keyboard has the button in it
    this.#facade.onclick = ({ target }) => /** @type {Element} */ (target).localName === "a" || this.#open({ start: true });
    // the keyboard's reader is on the way to the button: the frame gets ready behind the poster, without a model
    this.#button.onfocus = () => this.#button.matches(":focus-visible") && this.#open({ show: false });
  }

  connectedCallback() {
    const it = /** @type {any} */ (this);
    for (const name of Object.keys(this)) {
      const value = it[name]; // set before this class was here
      delete it[name];
      it[name] = value;
    }
    this.#dress();
    if (it.loading === "eager") this.#open({ start: true });
    if (it.loading === "visible") this.#seen.observe(this);
  }

  connectedMoveCallback() {} // moveBefore() moves it running

  disconnectedCallback() {
    this.#close(fault("removed", "place-lens: taken out of the page"));
  }

  /** @param {string} name @param {unknown} before @param {unknown} now */
  attributeChangedCallback(name, before, now) {
    if (before === now || !this.isConnected) return;
    this.#dress();
    if (name !== "model" && name !== "places")
      return void this.#host?.then(
        (host) => host.change(name),
        () => {},
      );
    const open = this.#box.classList.contains("open");
    this.#close(fault("superseded", `place-lens: its ${name} was changed`));
    if (open) this.#open();
  }

  /** @param {Blob} photo */
  async locate(photo) {
    if (!this.isConnected) throw fault("removed", "locate: expected the element to be in a page");
    return (await this.#open()).locate(photo);
  }

  /** The frame, seen unless it is only made ready. */
  #open({ start = false, show = true } = {}) {
    this.#seen.disconnect();
    this.#stop ??= new AbortController();
    const { signal } = this.#stop;
    const tell = (/** @type {string} */ name, /** @type {unknown} */ detail) =>
      this.dispatchEvent(new CustomEvent(`place-lens:${name}`, { detail, bubbles: true, composed: true }));
    const it = /** @type {any} */ (this);
    const fail = (/** @type {Error} */ why) => signal.aborted || this.#fail(why, tell);
    this.#host ??= import("./app/embed-host.js").then(
      ({ EmbedHost }) => new EmbedHost({ post: it, box: this.#box, button: this.#button, signal, tell, fail }),
    );
    const opened = this.#host;
    opened.then(
      (host) => show && host.show(start),
      () => fail(fault("frame", "PlaceLens could not be fetched.")),
    );
    return opened;
  }

  /** @param {Error} why @param {(name: string, detail: unknown) => void} tell */
  #fail(why, tell) {
    this.#close(why);
    const link = element("a", "link");
    Object.assign(link, { href: HOST, target: "_blank", textContent: "Open it in a new tab" });
    this.#hint.replaceChildren(`${why.message} `, link);
    tell("error", { code: "frame", message: why.message });
  }

  /** @param {Error} why */
  #close(why) {
    this.#seen.disconnect();
    this.#stop?.abort(why);
    this.#stop = undefined;
    this.#host = null;
    this.#box.className = "box";
  }

  #dress() {
    const { photo, htmlFor, theme, accent, title, top, shareResults } = /** @type {any} */ (this);
    const more = 46 * (Math.min(top, 5) - 3) + (shareResults ? 40 : 0); // rows, and the line that says so
    const asked = photo || htmlFor;
    this.#wrap.className = `wrap ${theme}`;
    this.#box.style.setProperty("--more", `${more}px`);
    this.#box.style.setProperty("--accent", CSS.supports("color", accent) ? accent : "");
    this.#title.textContent = title || `Which neighborhood is ${asked ? "this" : "your"} photo from?`;
    this.#button.textContent = asked ? "Find the neighborhood" : "Try a photo";
    this.#hint.textContent = "PlaceLens runs in your browser. Photos stay on this device.";
  }

  get shareResults() {
    return this.hasAttribute("share-results");
  }
  set shareResults(share) {
    this.toggleAttribute("share-results", !!share);
  }

  get top() {
    const top = Math.trunc(Number(this.getAttribute("top")));
    return top >= 1 && top <= 100 ? top : 3;
  }
  set top(top) {
    this.setAttribute("top", `${top}`);
  }
}

/** A property for each attribute that is a text, or one of a few words. @type {Record<string, string[]>} */
const TEXTS = {
  model: [],
  places: [],
  photo: [],
  for: [],
  accent: [],
  theme: ["auto", "light", "dark"],
  loading: ["click", "visible", "eager"],
};
for (const [name, words] of Object.entries(TEXTS)) {
  Object.defineProperty(PlaceLensElement.prototype, name === "for" ? "htmlFor" : name, {
    get() {
      const text = this.getAttribute(name) ?? "";
      return !words[0] || words.includes(text) ? text : words[0];
    },
    set(text) {
      this.setAttribute(name, text);
    },
  });
}

if (!customElements.get("place-lens")) customElements.define("place-lens", PlaceLensElement);
