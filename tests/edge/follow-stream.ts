interface Seen {
  id: string;
  event: string;
  data: { type: string; data: Record<string, unknown>; traceparent?: string };
}

/** Reads the stream as a browser's EventSource would, until `close`. */
export async function followStream(url: string, token: string | undefined, headers: Record<string, string> = {}) {
  const controller = new AbortController();
  const response = await fetch(`${url}/api/v1/stream`, {
    headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
    signal: controller.signal,
  });
  const seen: Seen[] = [];
  let ended = false;
  const reading = (async () => {
    let rest = '';
    try {
      for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const blocks = (rest + chunk).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const fields = Object.fromEntries(
            block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
          );
          if (fields['data']) seen.push({ id: fields['id'] ?? '', event: fields['event'] ?? '', data: JSON.parse(fields['data']) });
        }
      }
    } catch {
      // closed by us
    }
    ended = true;
  })();
  return {
    response,
    seen,
    hasEnded: () => ended,
    subjects: () => seen.filter(({ event }) => event.endsWith('TicketOpened')).map(({ data }) => data.data['subject']),
    async close() {
      controller.abort();
      await reading;
    },
  };
}
