import { StyleModule } from "style-mod";

/**
 * CodeMirror writes its styles into a `style` element, which the page's content security policy refuses. In a shadow
 * root it uses a constructed style sheet, which is allowed. The set of styles that a shadow root gets is made the
 * document's here.
 */
export function adoptStyles(): void {
  const shadow = document.createElement("div").attachShadow({ mode: "open" });
  StyleModule.mount(shadow, []);
  for (const key of Object.getOwnPropertySymbols(shadow)) {
    Reflect.set(document, key, Reflect.get(shadow, key));
  }
}
