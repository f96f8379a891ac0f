import { said } from '../api/sentence';
import { KernelError } from './notebook';
import type { OpenNotebook, StepCell } from './notebook';

/**
 * A notebook that nobody has open here: there is its file, and what was recorded of it.
 */
export class FileNotebook implements OpenNotebook {
  /**
   * @param show - leads the reader to what is known of a step.
   */
  constructor(
    readonly path: string,
    private readonly show: (step: string) => void = () => undefined
  ) {}

  stepCells(): StepCell[] {
    return [];
  }

  ahead(): boolean {
    return false;
  }

  edited(): boolean {
    return false;
  }

  stepNames(): string[] {
    return [];
  }

  insertBelow(): boolean {
    return false;
  }

  showStep(step: string): boolean {
    this.show(step);
    return true;
  }

  showCell(): boolean {
    return false;
  }

  run(): Promise<string> {
    return Promise.reject(
      new KernelError(
        said('There is no kernel here.'),
        said('Open the notebook in JupyterLab.')
      )
    );
  }
}
