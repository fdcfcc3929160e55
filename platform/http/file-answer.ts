import type { Request, Response } from 'express';
import { AppError } from '../errors/app-error.ts';
import { contentDisposition } from './content-disposition.ts';
import { longestPiece } from './file-body.ts';

/** An answer that is written piece by piece, as fast as its reader takes it. */
export interface FileAnswer {
  /** Resolves when the bytes have left. Throws AppError `unavailable` when the reader takes none of them for too long, or has gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** The answer is whole. */
  end(): void;
  /** The answer is not whole: when some of it has left, the connection is reset, so that nobody takes it for one that is. */
  breakOff(): void;
}

/** What the first message of a file says of it. */
export interface FileFacts {
  name?: unknown;
  mediaType?: unknown;
}

/** The header is sent with the first bytes, or at the end of an empty file: until then the answer may still become a problem. */
export function openFileAnswer(request: Request, response: Response, { name, mediaType }: FileFacts, patience: number): FileAnswer {
  let refuse: (error: AppError) => void = () => undefined;
  const watch = setTimeout(() => refuse(tookNothing(patience)), patience);
  let isGone = false;
  response.once('close', () => {
    isGone = true;
    clearTimeout(watch);
    refuse(readerGone());
  });
  const prepareHead = () => {
    if (response.headersSent) return;
    response.setHeader('cache-control', 'no-store');
    response.setHeader('accept-ranges', 'none');
    response.setHeader('content-type', typeof mediaType === 'string' && mediaType !== '' ? mediaType : 'application/octet-stream');
    response.setHeader('content-disposition', contentDisposition(typeof name === 'string' ? name : undefined));
  };
  const writePiece = (piece: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      refuse = reject;
      if (isGone) throw readerGone();
      watch.refresh();
      response.write(piece, () => resolve());
    });

  return {
    async write(bytes) {
      if (bytes.length > 0) prepareHead();
      for (let start = 0; start < bytes.length; start += longestPiece) await writePiece(bytes.subarray(start, start + longestPiece));
    },
    end() {
      prepareHead();
      response.end();
    },
    breakOff() {
      clearTimeout(watch);
      // An end of the connection would be the end of the file for who speaks HTTP/1.0, as proxies do.
      if (response.headersSent) request.socket.resetAndDestroy();
    },
  };
}

function tookNothing(patience: number): AppError {
  return new AppError('unavailable', `The reader took nothing for ${patience / 1000} s`);
}

function readerGone(): AppError {
  return new AppError('unavailable', 'The reader went away before the end of the file');
}
