/** Shows a guardian what the centre sends, and opens the link in it. */
import { showNotes } from "../shared/notes";

showNotes(self as unknown as Parameters<typeof showNotes>[0]);
