import { ApiError } from '../api/client';
import type { DoneResponse, ErrorResponse } from '../contract/wire';
import { FileNotebook } from '../model/fileNotebook';
import type { OpenNotebook } from '../model/notebook';
import type { Kernel } from './kernel';

/**
 * The notebook of the kernel that answers: its file, what was recorded of it, and its values.
 */
export class KernelNotebook extends FileNotebook implements OpenNotebook {
  constructor(
    path: string,
    show: (step: string) => void,
    private readonly kernel: Kernel
  ) {
    super(path, show);
  }

  async putBack(
    step: string,
    number: number,
    part: 'source' | 'values'
  ): Promise<string> {
    const query = { step, number: String(number), part };
    const { status, body } = await this.kernel.ask('restore', query);
    if (status !== 200) {
      const { message, cure } = JSON.parse(body) as ErrorResponse;
      throw new ApiError(message, cure ?? null, status);
    }
    return (JSON.parse(body) as DoneResponse).message;
  }
}
