// {name, text} -> {name, errors, events, permissions, jobs}: what GitHub's parser makes of a workflow file.
import { register } from "node:module";
import { answerAll } from "./lines.mjs";

register("./json-modules.mjs", import.meta.url);
const { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } = await import(
  "@actions/workflow-parser"
);
const { ErrorPolicy } = await import("@actions/workflow-parser/model/convert");

async function parse({ name, text }) {
  const { context, value } = parseWorkflow({ name, content: text }, new NoOperationTraceWriter());
  const template = value
    ? await convertWorkflowTemplate(context, value, undefined, { errorPolicy: ErrorPolicy.TryConversion })
    : {};
  const errors = context.errors.getErrors().map(({ rawMessage, range }) => ({
    message: rawMessage,
    line: range?.start.line ?? 0,
    column: range?.start.column ?? 0,
  }));
  const jobs = (template.jobs ?? []).map((job) => ({
    id: String(job.id),
    type: job.type,
    needs: (job.needs ?? []).map(String),
    steps: (job.steps ?? []).length,
  }));
  return { name, errors, events: template.events ?? {}, permissions: template.permissions ?? null, jobs };
}

await answerAll(parse);
