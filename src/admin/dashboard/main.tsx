// Starts the dashboard.

import './styles/base.css'
import './styles/parts.css'
import './styles/pages.css'
import { render } from 'preact'
import { App } from './app.tsx'

render(<App />, document.getElementById('app')!)
