// {expression, contexts, status} -> {kind, value, text, truthy} or {stage, message}.
// The library has no status functions; they are added here, so that conditions can be asked too.
import { Evaluator, Lexer, Parser, data } from "@actions/expressions";
import { truthy } from "@actions/expressions/result";
import { answerAll } from "./lines.mjs";

const { Kind } = data;

function toData(value) {
  if (value === null) return new data.Null();
  if (typeof value === "boolean") return new data.BooleanData(value);
  if (typeof value === "number") return new data.NumberData(value);
  if (typeof value === "string") return new data.StringData(value);
  if (Array.isArray(value)) return new data.Array(...value.map(toData));
  const pairs = Object.entries(value).map(([key, item]) => ({ key, value: toData(item) }));
  return new data.Dictionary(...pairs);
}

function fromData(value) {
  switch (value.kind) {
    case Kind.Null:
      return null;
    case Kind.Number: // JSON has no word for these
      return Number.isFinite(value.value) ? value.value : { number: String(value.value) };
    case Kind.Array:
      return value.values().map(fromData);
    case Kind.Dictionary:
      return Object.fromEntries(value.pairs().map(({ key, value: item }) => [key, fromData(item)]));
    default:
      return value.value;
  }
}

function statusFunctions(status) {
  return ["always", "success", "failure", "cancelled"].map((name) => ({
    name,
    minArgs: 0,
    maxArgs: 255,
    call: () => new data.BooleanData(name === "always" || name === status),
  }));
}

function evaluate({ expression, contexts, status }) {
  let stage = "lexing";
  try {
    const functions = statusFunctions(status);
    const { tokens } = new Lexer(expression).lex();
    stage = "parsing";
    const tree = new Parser(tokens, Object.keys(contexts), functions).parse();
    stage = "evaluation";
    const value = tree
      ? new Evaluator(tree, toData(contexts), new Map(functions.map((f) => [f.name, f]))).evaluate()
      : new data.Null();
    return { kind: Kind[value.kind], value: fromData(value), text: value.coerceString(), truthy: truthy(value) };
  } catch (error) {
    return { stage, message: error.message };
  }
}

await answerAll(evaluate);
