// What somebody should be told of. Each rule is a query of Application Insights; docs/deploy.md says
// what to do about each.
param prefix string
param actionGroupName string
param componentName string
param email string
param location string
param tags object

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource actions 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'rotunda'
    enabled: true
    emailReceivers: [
      {
        name: 'operator'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

// The handler logs JSON to stdout, and the host keeps each line as the message of a trace.
var lines = 'traces | where tostring(customDimensions.Category) == "Host.Function.Console" | extend line = parse_json(message)'

var rules = [
  {
    name: 'attention'
    title: 'A rotation needs attention'
    severity: 2
    query: '${lines} | where tostring(line.msg) == "rotation" and tostring(line.level) == "WARN"'
    every: 'PT15M'
    over: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'expiry'
    title: 'A secret nears its expiry and was not rotated'
    severity: 2
    query: '${lines} | where tostring(line.msg) == "rotation" | summarize events = countif(tostring(line.starter) == "event" and timestamp < ago(6h)), ends = countif(tostring(line.state) in ("retiring", "closed")) by secret = tostring(line.secret) | where events > 0 and ends == 0'
    every: 'PT1H'
    over: 'P1D'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'failures'
    title: 'Requests or events fail'
    severity: 2
    // The host calls a request a success that the handler answered, with whatever status. Events have
    // the code 0.
    query: 'requests | where resultCode startswith "5" or (resultCode == "0" and success == false)'
    every: 'PT5M'
    over: 'PT15M'
    operator: 'GreaterThan'
    threshold: 5
  }
  {
    name: 'poison'
    title: 'A message was given up'
    severity: 3
    query: 'traces | where message has "has reached MaxDequeueCount" and message has "-poison"'
    every: 'PT15M'
    over: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'heartbeat'
    title: 'The sweep does not run'
    severity: 1
    query: 'traces | where message startswith "Executed \'Functions.sweep\' (Succeeded"'
    every: 'PT15M'
    over: 'PT1H'
    operator: 'LessThan'
    threshold: 1
  }
]

resource alert 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: '${prefix}${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.title
      severity: rule.severity
      enabled: true
      scopes: [component.id]
      evaluationFrequency: rule.every
      windowSize: rule.over
      skipQueryValidation: true // the tables of a new workspace do not exist yet
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: rule.operator
            threshold: rule.threshold
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: empty(email) ? [] : [actions.id]
      }
    }
  }
]
