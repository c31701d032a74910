// {name, text} -> {name, diagnostics}: what GitHub's editor extension would underline.
import { register } from "node:module";
import { answerAll } from "./lines.mjs";

register("./json-modules.mjs", import.meta.url);
const { validate } = await import("@actions/languageservice");
const { TextDocument } = await import("vscode-languageserver-textdocument");

async function lint({ name, text }) {
  const document = TextDocument.create(`file:///${name}`, "yaml", 1, text);
  const diagnostics = (await validate(document, {})).map(({ range, severity, code, message }) => ({
    line: range.start.line + 1,
    column: range.start.character + 1,
    severity: severity ?? 0,
    code: String(code ?? ""),
    message,
  }));
  return { name, diagnostics };
}

await answerAll(lint);
