/**
 * Types of `<place-lens>` (embed.js), for posts that are written in TypeScript.
 *
 * Copy this file beside your own sources, or name it by its address where your tools allow that.
 * Attributes have the names of the properties, but `for` (htmlFor) and `share-results` (shareResults).
 */

/** A place and how well the photo fits it. */
export interface Place {
  id: string;
  name: string;
  lat: number;
  lon: number;
  /** Of the photo's embedding with the place's, -1 … 1. */
  cosine: number;
  /** 0 … 1; over all places they sum to 1. */
  probability: number;
}

export interface LocateResult {
  /** Most probable first. */
  places: Place[];
  /** The point with the least expected distance to the truth. */
  point: { lat: number; lon: number; expected_error_km: number };
  /** Ids of the smallest set of places that holds 50 % of the probability. */
  regions_50: string[];
  regions_80: string[];
  /** False: "not sure". */
  confident: boolean;
  /** What cosines were divided by before the softmax. */
  temperature: number;
  /** `taken_at`: the photo's own GPS, only for photos that the page itself gave; otherwise null. */
  photo: { width: number; height: number; taken_at?: { lat: number; lon: number } | null };
  backend: string;
  model: string;
  /** The ranking means nothing. */
  untrained?: boolean;
  milliseconds: { decode: number; preprocess: number; encode: number; score: number };
}

/** What `locate` rejects with, beside a TypeError for what is no photo. */
export interface PlaceLensError extends Error {
  /** A stable word: `removed`, `superseded`, `frame`, `photo_…`, `shard`, `crashed` and others. */
  code: string;
}

export interface PlaceLensEventMap {
  /** The model is loaded and has given its known answer on this device. */
  "place-lens:ready": CustomEvent<{ backend: string; model: string }>;
  /** Only with `share-results`: a photo was looked at. The photo itself is never told. */
  "place-lens:result": CustomEvent<LocateResult>;
  "place-lens:error": CustomEvent<{ code: string; message: string }>;
}

export class PlaceLensElement extends HTMLElement {
  /** Address of a model's manifest, relative to the widget's site: of that site, or one that its models.json lists. */
  model: string;
  /** Address of another pack's manifest, whose places are used instead of the model's own; the same rule. */
  places: string;
  /** Address of an image to locate as soon as the widget opens. */
  photo: string;
  /** Attribute `for`: a CSS selector of an `<img>` of the post, instead of `photo`. */
  htmlFor: string;
  /** How many places are shown at first, 1 … 100; 3 unless told. */
  top: number;
  theme: "auto" | "light" | "dark";
  /** Any CSS color; moved toward black or white as far as it takes to be readable. */
  accent: string;
  /** What opens it: a click (or the keyboard's focus), being scrolled to, or nothing at all. */
  loading: "click" | "visible" | "eager";
  /** Attribute `share-results`: this page hears `place-lens:result`, and the reader is told so. */
  shareResults: boolean;

  /**
   * The result for a photo of the page's own. Opens the widget.
   * Rejects with a {@link PlaceLensError}; with `superseded` where another photo came before the answer.
   */
  locate(photo: Blob): Promise<LocateResult>;

  addEventListener<K extends keyof PlaceLensEventMap>(
    type: K,
    listener: (this: PlaceLensElement, event: PlaceLensEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "place-lens": PlaceLensElement;
  }
  interface HTMLElementEventMap extends PlaceLensEventMap {}
  interface DocumentEventMap extends PlaceLensEventMap {}
}
