/** All that the panel shows, fetched together once it is first opened. */

export { ApprovalsSection } from './ApprovalsSection';
export { DataSection } from './DataSection';
export { MonitorsSection } from './MonitorsSection';
export { PanelHeader } from './PanelHeader';
export { PipelineSection } from './PipelineSection';
export { RunsSection } from './RunsSection';
export { SchedulesSection } from './SchedulesSection';
export { StepsSection } from './StepsSection';
