/** WebAuthn's buffers as JSON (WebAuthn level 3, section 5.1), by hand where the browser cannot do it itself. */
import { base64url, fromBase64 } from "../shared/bytes";

interface Described {
  id: string;
  type: "public-key";
  transports?: AuthenticatorTransport[];
}
type Options = Record<string, unknown> & { challenge: string };

const buffers = (described: unknown): PublicKeyCredentialDescriptor[] =>
  ((described as Described[] | undefined) ?? []).map((one) => ({ ...one, id: fromBase64(one.id) }));

/** The person's answer to a sign-in; throws what the browser throws when she declines. */
export async function answer(options: Options): Promise<object> {
  const publicKey = {
    ...options,
    challenge: fromBase64(options.challenge),
    allowCredentials: buffers(options["allowCredentials"]),
  } as PublicKeyCredentialRequestOptions;
  const credential = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
  const { authenticatorData, clientDataJSON, signature, userHandle } = credential.response as AuthenticatorAssertionResponse;
  return {
    id: credential.id,
    rawId: base64url(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: {
      authenticatorData: base64url(authenticatorData),
      clientDataJSON: base64url(clientDataJSON),
      signature: base64url(signature),
      ...(userHandle ? { userHandle: base64url(userHandle) } : {}),
    },
  };
}

/** A new passkey on this device. */
export async function create(options: Options): Promise<object> {
  const user = options["user"] as { id: string; name: string; displayName: string };
  const publicKey = {
    ...options,
    challenge: fromBase64(options.challenge),
    user: { ...user, id: fromBase64(user.id) },
    excludeCredentials: buffers(options["excludeCredentials"]),
  } as unknown as PublicKeyCredentialCreationOptions;
  const credential = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
  const response = credential.response as AuthenticatorAttestationResponse;
  return {
    id: credential.id,
    rawId: base64url(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: {
      attestationObject: base64url(response.attestationObject),
      clientDataJSON: base64url(response.clientDataJSON),
      transports: response.getTransports(),
    },
  };
}
