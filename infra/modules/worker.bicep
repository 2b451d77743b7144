metadata description = 'One worker role: a container app that nobody can connect to, started and stopped by the work there is.'

@minLength(1)
@description('Where the app is.')
param location string

@description('Tags of every resource.')
param tags object

@minLength(1)
@description('Name of the app.')
param appName string

@maxLength(1000)
@description('Name of the app in azure.yaml; empty for roles that get their image after the first one.')
param serviceName string

@allowed([
  'interactive'
  'reports'
])
@description('Which queues are served.')
param role string

@minLength(1)
@description('Id of the environment.')
param environmentId string

@description('Identity of the workers: id.')
param identity object

@minLength(1)
@description('Host name of the registry.')
param registryHost string

@maxLength(1000)
@description('Image of the worker; empty before the first deployment.')
param image string

@description('Settings of the product.')
param settings object

@minLength(1)
@description('Processors of a replica, such as 1.0.')
param cpu string

@minLength(1)
@description('Memory of a replica, such as 2Gi; twice the processors in gibibytes.')
param memory string

@minValue(1)
@maxValue(64)
@description('Jobs that one replica works on at once.')
param concurrency int

@minValue(0)
@maxValue(20)
@description('Least replicas. 0: none while there is no work, the first job waits for a start; 1: the simple choice, always there.')
param minReplicas int

@minValue(1)
@maxValue(32)
@description('Most replicas.')
param maxReplicas int

@minLength(1)
@description('Name of the storage account of the wake queue.')
param wakeAccountName string

@minLength(1)
@description('Name of the queue that holds one message for each unfinished job of the role.')
param wakeQueueName string

@minValue(30)
@maxValue(600)
@description('Seconds between the order to end and the end.')
param gracePeriodSeconds int

var port = 9464
var roleSettings = {
  // Less than the grace period: what is not done by then goes back to the queue.
  WORKER_SOFT_SHUTDOWN_S: string(gracePeriodSeconds - 15)
  WORKER_METRICS_PORT: string(port)
  WORKER_METRICS_HOST: '0.0.0.0'
}
var variables = [
  for setting in items(union(settings, roleSettings)): {
    name: setting.key
    value: setting.value
  }
]
var probes = [
  {
    // Ten minutes: a worker may wait for a migration that is still to come.
    type: 'Startup'
    httpGet: {
      path: '/metrics'
      port: port
    }
    periodSeconds: 60
    timeoutSeconds: 5
    failureThreshold: 10
  }
  {
    type: 'Readiness'
    httpGet: {
      path: '/metrics'
      port: port
    }
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 3
  }
  {
    // Generous: a worker that is busy must not be taken for one that hangs.
    type: 'Liveness'
    httpGet: {
      path: '/metrics'
      port: port
    }
    periodSeconds: 60
    timeoutSeconds: 20
    failureThreshold: 5
  }
]
// Until the first image is deployed a few minutes later: it knows neither arguments nor probes, so its revision stays unhealthy
// and takes no job. Deployments replace the image only.
var placeholder = 'mcr.microsoft.com/k8se/quickstart:latest'

resource app 'Microsoft.App/containerApps@2026-01-01' = {
  name: appName
  location: location
  tags: empty(serviceName) ? tags : union(tags, {
    'azd-service-name': serviceName
  })
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    environmentId: environmentId
    workloadProfileName: 'Consumption'
    configuration: {
      // A new revision takes over once it is ready; the old one is then told to end and has its grace period.
      activeRevisionsMode: 'Single'
      maxInactiveRevisions: 10
      registries: [
        {
          server: registryHost
          identity: identity.id
        }
      ]
      identitySettings: [
        {
          identity: identity.id
          lifecycle: 'All'
        }
      ]
    }
    template: {
      terminationGracePeriodSeconds: gracePeriodSeconds
      containers: [
        {
          name: 'worker'
          image: empty(image) ? placeholder : image
          args: [
            'serve'
            role
            '--concurrency'
            string(concurrency)
          ]
          env: variables
          resources: {
            cpu: json(cpu)
            memory: memory
          }
          volumeMounts: [
            {
              volumeName: 'scratch'
              mountPath: '/tmp'
            }
          ]
          probes: probes
        }
      ]
      volumes: [
        {
          name: 'scratch'
          storageType: 'EmptyDir'
        }
      ]
      scale: {
        minReplicas: minReplicas
        maxReplicas: maxReplicas
        pollingInterval: 15
        cooldownPeriod: 300
        // The one kind of rule that is known to work by identity. The product keeps one message for each unfinished job,
        // so replicas stay while work goes on.
        rules: [
          {
            name: 'wake'
            azureQueue: {
              accountName: wakeAccountName
              queueName: wakeQueueName
              queueLength: concurrency
              identity: identity.id
            }
          }
        ]
      }
    }
  }
}

@description('Name of the app.')
output appName string = app.name
