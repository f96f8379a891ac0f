import { LabIcon } from '@jupyterlab/ui-components';

// JupyterLab colours what has a fill: shapes that are empty inherit theirs.

/** A notebook that is recorded. */
export const recordIcon = new LabIcon({
  name: 'nbmlops:record',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24" fill="none">
  <circle class="jp-icon3" cx="12" cy="12" r="8.5" stroke="#616161" stroke-width="2"/>
  <circle class="jp-icon3" cx="12" cy="12" r="4" fill="#616161"/>
</svg>`
});

/** Inputs that are kept. */
export const dataIcon = new LabIcon({
  name: 'nbmlops:data',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24" fill="none">
  <ellipse class="jp-icon3" cx="12" cy="6" rx="7" ry="2.8" stroke="#616161" stroke-width="2"/>
  <path class="jp-icon3" d="M5 6v12c0 1.6 3.1 2.8 7 2.8s7-1.2 7-2.8V6M5 12c0 1.6 3.1 2.8 7 2.8s7-1.2 7-2.8" stroke="#616161" stroke-width="2"/>
</svg>`
});

/** A pipeline that is started. */
export const runPipelineIcon = new LabIcon({
  name: 'nbmlops:run-pipeline',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24" fill="none">
  <circle class="jp-icon3" cx="5" cy="5" r="2.5" stroke="#616161" stroke-width="2"/>
  <circle class="jp-icon3" cx="5" cy="19" r="2.5" stroke="#616161" stroke-width="2"/>
  <path class="jp-icon3" d="M5 8v8" stroke="#616161" stroke-width="2"/>
  <path class="jp-icon3" d="M11 5v14l10-7z" fill="#616161"/>
</svg>`
});

/** When something runs by itself. */
export const scheduleIcon = new LabIcon({
  name: 'nbmlops:schedule',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24" fill="none">
  <circle class="jp-icon3" cx="12" cy="12" r="8.5" stroke="#616161" stroke-width="2"/>
  <path class="jp-icon3" d="M12 7v5l3.5 2" stroke="#616161" stroke-width="2" stroke-linecap="round"/>
</svg>`
});

/** Versions of a step on its line: the icon of the panel. */
export const stepsIcon = new LabIcon({
  name: 'nbmlops:steps',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="none" stroke="#616161" stroke-width="2" stroke-linecap="round">
    <path class="jp-icon3" d="M6 8.5v7M6 12h5a4 4 0 0 0 4-4"/>
    <circle class="jp-icon3" cx="6" cy="6" r="2.5"/>
    <circle class="jp-icon3" cx="6" cy="18" r="2.5"/>
    <circle class="jp-icon3" cx="17" cy="6" r="2.5"/>
  </g>
</svg>`
});
