// A question is one line of JSON on stdin; its answer is one line of JSON on stdout, in the same order.
import readline from "node:readline";

export async function answerAll(answer) {
  const answers = [];
  for await (const line of readline.createInterface({ input: process.stdin })) {
    answers.push(JSON.stringify(await answer(JSON.parse(line))));
  }
  process.stdout.write(answers.map((text) => text + "\n").join(""));
}
