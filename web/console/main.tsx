import "../shared/fonts.css";
import "../shared/base.css";
import { render } from "preact";
import { Glyph } from "../shared/components";

render(<Glyph p={1} />, document.getElementById("app")!);
