// What an author's TypeScript may do with embed.d.ts. Read by the type checker only (embed-element.test.js).
import type { LocateResult, PlaceLensElement, PlaceLensError } from "../../www/embed.d.ts";

const widget: PlaceLensElement = document.createElement("place-lens");
widget.theme = "dark";
widget.htmlFor = "#photo";
widget.shareResults = true;
widget.addEventListener("place-lens:result", ({ detail }) => first(detail));
document.querySelector("place-lens")?.addEventListener("place-lens:error", (event) => event.detail.code.length);
document.addEventListener("place-lens:ready", (event) => event.detail.backend.length);

function first({ places, confident }: LocateResult): string {
  return confident ? places[0].name : "";
}

export async function ask(photo: Blob): Promise<string> {
  try {
    return first(await widget.locate(photo));
  } catch (error) {
    return (error as PlaceLensError).code;
  }
}

// @ts-expect-error a theme that there is not
widget.theme = "sepia";
// @ts-expect-error a photo is a Blob
void widget.locate("photo.jpg");
