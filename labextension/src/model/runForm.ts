import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { ApiError } from '../api/client';
import type { RunFormApi } from '../api/dialogClient';
import { differing } from './parameterForm';
import type { Schema, Values } from './parameterForm';
import { problemOf } from './problem';
import type { Problem } from './problem';

/**
 * What the form shows. `to` is the step that the run is for, `null` for all. `schema` is that of
 * the parameters, `null` until they were read; `problems` are refusals by the field that they are
 * about, that of the whole under the empty name; `done` says that the run begins.
 */
export interface RunFormState {
  readonly version: string;
  readonly to: string | null;
  readonly schema: Schema | null;
  readonly values: Values;
  readonly problems: Readonly<Record<string, Problem>>;
  readonly done: string | null;
  readonly busy: boolean;
}

/**
 * The parameters of a run that is to begin; knows neither the DOM nor JupyterLab.
 */
export class RunForm {
  constructor(
    private readonly api: RunFormApi,
    private readonly notebook: string,
    version: string,
    schema: Schema | null,
    to: string | null = null
  ) {
    this.current = {
      version,
      to,
      schema,
      values: {},
      problems: {},
      done: null,
      busy: false
    };
  }

  /** Emitted after each change of `state`. */
  get changed(): ISignal<this, void> {
    return this.changes;
  }

  get state(): RunFormState {
    return this.current;
  }

  /** Read what the parameters are. */
  async load(): Promise<void> {
    try {
      const { version } = this.current;
      const { parameters } = await this.api.parameters(this.notebook, version);
      this.update({ schema: parameters, problems: {} });
    } catch (error) {
      this.update({ problems: { '': problemOf(error) } });
    }
  }

  /** Somebody has typed or chosen something. */
  change(values: Values): void {
    this.update({ values, problems: {} });
  }

  /** Begin the run. */
  async submit(): Promise<void> {
    const { version, to, schema, values, busy } = this.current;
    if (busy || schema === null) {
      return;
    }
    this.update({ busy: true, problems: {} });
    try {
      const parameters = differing(schema, values);
      const answer = await this.api.run(
        this.notebook,
        version,
        parameters,
        to === null ? [] : [to]
      );
      this.update({ busy: false, done: answer.message });
    } catch (error) {
      const field = error instanceof ApiError ? error.field : null;
      this.update({
        busy: false,
        problems: { [field ?? '']: problemOf(error) }
      });
    }
  }

  private update(change: Partial<RunFormState>): void {
    this.current = { ...this.current, ...change };
    this.changes.emit();
  }

  private readonly changes = new Signal<this, void>(this);
  private current: RunFormState;
}
