// {bundle, root, payload?, uri?} -> {signer}: what Sigstore's JavaScript makes of a bundle, with this trust root.
// {token, payload} -> {bundle}: a statement that it signed by the public services and verified as its TUF cache says.
// Either may answer {error, message}. Payloads are in base64; proxy, certificates and HOME come from the environment.
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { attest, verify } from "sigstore";
import { answerAll } from "./lines.mjs";

const STATEMENT = "application/vnd.in-toto+json";
const bytes = (text) => (text === undefined ? undefined : Buffer.from(text, "base64"));
const failure = ({ code, name, message }) => ({ error: code ?? name, message });

function examined({ bundle, root, payload, uri }) {
  const material = toTrustMaterial(TrustedRoot.fromJSON(root));
  const entity = toSignedEntity(bundleFromJSON(bundle), bytes(payload));
  const signer = new Verifier(material).verify(entity, uri && { subjectAlternativeName: uri });
  return { signer: signer.identity.subjectAlternativeName };
}

async function signed({ token, payload }) {
  const options = { identityToken: token, retry: 0 };
  const bundle = await attest(bytes(payload), STATEMENT, options);
  const found = await verify(bundle, options).then(() => ({}), failure);
  return { bundle, ...found };
}

await answerAll(async (question) => {
  try {
    return await (question.bundle ? examined(question) : signed(question));
  } catch (error) {
    return failure(error);
  }
});
