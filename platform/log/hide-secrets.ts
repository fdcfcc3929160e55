const secretName = /(?:authorization|passw(?:or)?d|secret|token|cookie|api[-_]?key|private[-_]?key|mesh[-_]?key|credentials?)s?$/i;
const worthALook = /authoriz|passw|secret|token|cookie|key|credential|opora_|bearer|basic |:\/\//i;
const hidden = '[hidden]';

/** What the value of a variable, header or field of this name is, is nobody's business. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/** Secrets inside text: API tokens, Authorization values, passwords in URLs, `token=…` of queries and forms, JSON within text. */
export function hideInText(text: string): string {
  if (!worthALook.test(text)) return text;
  return text
    .replace(/\bopora_[A-Za-z0-9_-]{16,}/g, 'opora_[hidden]')
    .replace(/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${hidden}`)
    .replace(/(:\/\/[^\s/:@]*):[^\s/@]+@/g, `$1:${hidden}@`)
    .replace(/((?:authorization|passw(?:or)?d|secret|token|api[-_]?key|mesh[-_]?key)s?(\\*["'])\s*:\s*)\2.*?\2/gi, `$1$2${hidden}$2`)
    .replace(/((?:passw(?:or)?d|secret|token|api[-_]?key|mesh[-_]?key)=)[^\s&;,"'\\]+/gi, `$1${hidden}`)
    .replace(/(cookie:\s*)[^\r\n]+/gi, `$1${hidden}`);
}

/** One line of the log, which is one JSON object, without its secrets. Lines that name none are not parsed. */
export function hideSecrets(line: string): string {
  if (!worthALook.test(line)) return line;
  try {
    return `${JSON.stringify(JSON.parse(line, hideValue))}\n`;
  } catch {
    return hideInText(line);
  }
}

function hideValue(name: string, value: unknown): unknown {
  if (value === null || typeof value === 'boolean') return value;
  if (secretName.test(name)) return hidden;
  return typeof value === 'string' ? hideInText(value) : value;
}
