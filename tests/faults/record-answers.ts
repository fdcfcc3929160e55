import type { Api } from '../mesh/api.ts';

export interface Recorded {
  path: string;
  status: number;
  retryAfter: string | null;
  body: unknown;
}

/** The interface as it is, with each answer to a POST written down; a request that got none leaves no record. */
export function recordAnswers(api: Api): { api: Api; answers: Recorded[] } {
  const answers: Recorded[] = [];
  const recording: Api = {
    ...api,
    async post(path, body, headers) {
      const answer = await api.post<never>(path, body, headers);
      answers.push({ path, status: answer.status, retryAfter: answer.headers.get('retry-after'), body: answer.body });
      return answer;
    },
  };
  return { api: recording, answers };
}
